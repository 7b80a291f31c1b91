import { isFailure } from './errors.ts'
import type { Session } from './session.ts'
import { quoteText } from './text.ts'

/** Numbers of the tables of one database, and of all others of its server. */
export interface TableNumbers {
  readonly own: readonly number[]
  readonly others: readonly number[]
}

/**
 * InnoDB's numbers of tables and partitions: they keep them when they are renamed, into another database, too, over restarts as well, and none is given twice;
 * one that is built anew has another. Undefined where the server does not tell them (`PROCESS`).
 */
export async function tableNumbers(session: Session, signal: AbortSignal): Promise<TableNumbers | undefined> {
  try {
    const catalog = session.mariadb ? 'INNODB_SYS_TABLES' : 'INNODB_TABLES'
    const rows = await session.texts(`SELECT NAME, TABLE_ID FROM information_schema.${catalog}`, signal)
    const folder = `${await folderOf(session, signal)}/`
    const all = Map.groupBy(rows, ([name = '']) => name.startsWith(folder))
    const of = (isOwn: boolean): number[] => (all.get(isOwn) ?? []).map(([, number]) => Number(number))
    return { own: of(true), others: of(false) }
  } catch (error) {
    if (signal.aborted || isFailure(error)) throw error
    return undefined
  }
}

/** Name of the database as the server's files have it; empty where it has none. */
async function folderOf(session: Session, signal: AbortSignal): Promise<string> {
  const [[name] = []] = await session.texts(
    `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(session.location.database)}`,
    signal,
  )
  if (name === undefined) return ''
  if (!session.mariadb) return folderInMysql(session, name, signal)
  const asked = `SELECT CAST(CONVERT(${quoteText(name)} USING filename) AS BINARY)`
  const [[folder = ''] = []] = await session.texts(asked, signal)
  return folder
}

/**
 * MySQL does not say how it writes a name: what is no letter of ASCII by its number, but many other letters by two characters. These are
 * looked up among the tables that have a file of their own.
 */
async function folderInMysql(session: Session, name: string, signal: AbortSignal): Promise<string> {
  const code = (character: string): string => `@${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  if (Buffer.byteLength(name) === name.length) return name.replaceAll(/\W/g, code)
  const form = name.replaceAll(/\W/g, (one) => (one < '\x80' ? code(one) : `(?:${code(one)}|@[^/]{2})`))
  const rows = await session.texts(
    `SELECT PATH FROM information_schema.INNODB_TABLESPACES_BRIEF WHERE LEFT(NAME, ${name.length + 1}) = ${quoteText(`${name}/`)}`,
    signal,
  )
  const found = rows.flatMap(([path = '']) => new RegExp(`/(${form})/[^/]*$`).exec(path)?.[1] ?? [])
  return found[0] ?? ''
}
