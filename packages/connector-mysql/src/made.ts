import { type DefinedObject, type Definition, type NativeFile, nativeFolders } from './defined-object.ts'
import { scriptOf } from './script.ts'

/**
 * MariaDB turns a definer that is a role into an account of any host, `%`, where there is no such role. MySQL keeps the
 * semicolon of what was made by one of several statements sent together, and nobody makes it again with one.
 */
export function meaningOf(sql: string): string {
  return sql.replace(/^(CREATE [^`(]*DEFINER=`(?:[^`]|``)+`)@`%`/, '$1').replace(/[\s;]+$/, '')
}

/**
 * The definition of a table without the character sets that a collation names already: MySQL leaves one out where the column
 * has it from its table, and writes it once the column was made by that very text.
 */
export function withoutCharset(sql: string): string {
  return without(/ CHARACTER SET \w+(?= COLLATE \w)/, sql)
}

/** The definition of a table without the tablespace of MySQL that it lies in: like its directory, that is the server's affair. */
export function withoutTablespace(sql: string): string {
  return without(/ \/\*!50100 TABLESPACE `(?:[^`]|``)*` \*\//, sql)
}

/** What matches is taken out, but in quotes. */
function without(part: RegExp, sql: string): string {
  const quoted = /('(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`)/
  const either = new RegExp(`${quoted.source}|${part.source}`, 'gs')
  return sql.replace(either, (_, kept: string | undefined) => kept ?? '')
}

/** The statement that makes it in the place of what is there. */
export function replacing(sql: string): string {
  return sql.replace(/^CREATE /, 'CREATE OR REPLACE ')
}

/** What is made twice. */
export interface MadeTwice {
  readonly kind: 'view' | 'function'
  readonly path: string
  readonly safe: string
  readonly settings: string
  readonly sql: string
  /** The statements that make it by this SQL, for the first time or again. */
  readonly making: (sql: string, again: boolean) => readonly string[]
}

/**
 * Made first as anybody's, and with its definer after all views: where that is not there, or has no rights yet, no view can be
 * made that reads or calls it.
 */
export function madeTwice({ kind, path, safe, settings, sql, making }: MadeTwice): NativeFile[] {
  const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")'
  const anybodys = sql.replace(
    new RegExp(`^(CREATE (?:ALGORITHM=\\w+ )?)DEFINER=${name}(?:@${name})? `),
    '$1',
  )
  return [
    { path, text: scriptOf([settings, ...making(anybodys, false)]) },
    {
      path: `${nativeFolders.definer}/${kind}-${safe}.sql`,
      text: scriptOf([settings, ...making(sql, true)]),
    },
  ]
}

/** Its text is delivered where nothing loads it: what cannot be made would end the whole restoration. */
export function lostObject(
  { kind, files }: Pick<DefinedObject, 'kind' | 'files'>,
  lost: string,
): Pick<Definition, 'files' | 'lost'> {
  const [last] = files.slice(-1)
  if (last === undefined) return { files: [], lost }
  const name = last.path.slice(last.path.indexOf('/') + 1).replace(new RegExp(`^${kind}-`), '')
  return { files: [{ path: `${nativeFolders.lost}/${kind}-${name}`, text: last.text }], lost }
}

/** A text with characters that its client's charset has in another way is sent as UTF-8; what it means stays the same. */
export function programSettings(o: {
  mode: string
  zone: string
  client: string
  collation: string
  sql: string
}): string {
  const charset = /^[\0-\x7f]*$/.test(o.sql) || o.client.startsWith('utf8') ? o.client : 'utf8mb4'
  return `SET NAMES utf8mb4, sql_mode='${o.mode}', time_zone='${o.zone}', collation_connection=${o.collation}, character_set_client=${charset}`
}
