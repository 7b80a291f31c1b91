import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Third-party data beside the checkout; a user's clone has none. */
export const sharedData = join(import.meta.dirname, '../../../shared/data')

/** Whether this set is there; says in one line when it is not, and fails when services are required. */
export function haveShared(...names: readonly string[]): boolean {
  const missing = names.filter((name) => !existsSync(join(sharedData, name)))
  if (missing.length > 0) console.warn(`skipped: ../shared/data/${missing.join(', ')} is not there`)
  return missing.length === 0
}

/** Unpacks the SQLite corpus into a folder; the paths of its valid and of its damaged databases. */
export function sqliteCorpus(into: string): { readonly valid: string[]; readonly damaged: string[] } {
  execFileSync('tar', ['--zstd', '-xf', join(sharedData, 'sqlite', 'corpus.tar.zst'), '-C', into])
  const below = (folder: string): string[] =>
    readdirSync(join(into, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  return { valid: below('valid'), damaged: below('damaged') }
}
