import type { PartsThere } from '@restitute/core'
import { seesAllTables } from './rights.ts'
import { hasRows, isForeign } from './schema.ts'
import type { Session } from './session.ts'
import { tableNumbers } from './table-numbers.ts'
import { ofSchema, quoteText } from './text.ts'

/** The tables of the location's database, and all others of its server. */
export interface TablesThere {
  readonly own: PartsThere
  readonly others: PartsThere
}

/**
 * By what tables are known again in another database: those of InnoDB by their numbers, others with rows of their own by engine and the second in which they
 * were made, which a renamed one keeps. Others are not seen without a right on all tables.
 */
export async function tablesThere(session: Session, signal: AbortSignal): Promise<TablesThere> {
  const own = await listed(session, isOwn(session), signal)
  const others = (await seesAllTables(session, signal))
    ? marksOf(await listed(session, `NOT (${isOwn(session)})`, signal))
    : undefined
  const found = await tableNumbers(session, signal)
  // The server has its folder under another name than was taken for it.
  const isMissed = found?.own.length === 0 && own.some(([engine]) => engine === numbered)
  const numbers = isMissed ? undefined : found
  return {
    own: { marks: marksOf(own), ...(numbers && { numbers: numbers.own }) },
    others: { ...(others && { marks: others }), ...(numbers && { numbers: numbers.others }) },
  }
}

const numbered = 'InnoDB'

function isOwn({ location }: Session): string {
  return ofSchema('TABLE_SCHEMA', quoteText(location.database))
}

function listed(session: Session, which: string, signal: AbortSignal): Promise<(string | undefined)[][]> {
  return session.texts(
    `SELECT ENGINE, CREATE_TIME FROM information_schema.TABLES WHERE ${which}
     AND TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW') AND TABLE_SCHEMA <> 'performance_schema'`,
    signal,
  )
}

function marksOf(tables: readonly (string | undefined)[][]): string[] {
  const marked = tables.filter(
    ([engine = '']) => engine !== numbered && hasRows({ engine }) && !isForeign({ engine }),
  )
  return marked.map(([engine = '', made = '']) => `${engine} ${made}`.trim())
}

/** What was looked at of other databases, in words. */
export function wordsOnOthers({ numbers, marks }: PartsThere): string[] {
  return [
    numbers === undefined
      ? 'InnoDB tables and partitions in other databases: not visible without PROCESS'
      : `InnoDB tables and partitions in other databases: ${numbers.length}`,
    marks === undefined
      ? 'tables of other engines in other databases: not visible without a right on all tables'
      : `tables of other engines in other databases: ${marks.length}`,
  ]
}
