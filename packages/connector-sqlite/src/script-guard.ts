import { constants } from 'node:sqlite'

const pragmas = new Set([
  'application_id',
  'auto_vacuum',
  'encoding',
  'foreign_keys',
  'ignore_check_constraints',
  'page_size',
  'user_version',
  'writable_schema',
])

/**
 * Authoriser for a script out of a package (R54): it may build the one database and nothing else. No other file
 * is attached, no extension loaded, and of the pragmas only those of our own scripts are executed.
 */
export function allowInScript(action: number, first: string | null, second: string | null): number {
  if (action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH) return constants.SQLITE_DENY
  if (action === constants.SQLITE_FUNCTION && second === 'load_extension') return constants.SQLITE_DENY
  if (action === constants.SQLITE_PRAGMA && !isAllowed(first ?? '', second)) return constants.SQLITE_DENY
  return constants.SQLITE_OK
}

function isAllowed(pragma: string, value: string | null): boolean {
  const name = pragma.toLowerCase()
  return pragmas.has(name) || (name === 'journal_mode' && value?.toLowerCase() === 'wal')
}
