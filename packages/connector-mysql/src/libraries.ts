import { type Definition, nativeFolders } from './defined-object.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { ofSchema, quoteName } from './text.ts'

/** Libraries of routines in another language (MySQL from 9.2 on), as the catalogue lists objects. */
export async function listedLibraries(
  session: Session,
  schema: string,
  signal: AbortSignal,
): Promise<(string | undefined)[][]> {
  const known = `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'LIBRARIES'`
  if ((await session.rows(known, signal)).length === 0) return []
  return session.texts(
    `SELECT 'library', LIBRARY_NAME FROM information_schema.LIBRARIES WHERE ${ofSchema('LIBRARY_SCHEMA', schema)}`,
    signal,
  )
}

/** A library, made before the routines that use it. */
export async function libraryOf(
  session: Session,
  name: string,
  safe: string,
  signal: AbortSignal,
): Promise<Definition> {
  const [[, mode = '', sql] = []] = await session.texts(`SHOW CREATE LIBRARY ${quoteName(name)}`, signal)
  if (sql === undefined) throw new Error('the account may not see it')
  const text = scriptOf([`SET NAMES utf8mb4, sql_mode='${mode}'`, sql])
  return {
    files: [{ path: `${nativeFolders.package}/library-${safe}.sql`, text }],
    meaning: JSON.stringify([mode, sql]),
  }
}

/** A routine that names the libraries it uses without its own database, which the server puts before each: the copy may have another name. */
export function withOwnLibraries(sql: string, database: string): string {
  const names = [quoteName(database), `"${database.replaceAll('"', '""')}"`]
    .map((name) => RegExp.escape(name))
    .join('|')
  return sql.replace(/^ {4}USING \(.*\)$/m, (using) =>
    using.replaceAll(new RegExp(`(?<=[(,] ?)(?:${names})\\.`, 'g'), ''),
  )
}
