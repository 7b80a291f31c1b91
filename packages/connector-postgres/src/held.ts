import { RestituteError, type View } from '@restitute/core'
import { filledAnew } from './filled-anew.ts'
import { literal } from './location.ts'
import type { Session } from './session.ts'
import type { Table } from './tables.ts'
import { holderName, momentOf, type ViewToken } from './view.ts'

/*
 * TRUNCATE, what rewrites a table and what gives it another name are seen through any snapshot. The lock of the holder keeps them
 * out, or the pause of a standby: what was read counts only while there was one of them.
 */

/** Why a table is lost that was not locked when the view was taken. */
export const notHeld = 'the reading role could not select from it when the view was taken: export again'

/** Why one is lost whose schema was renamed, which no lock of a table keeps anybody from. */
const notItself = 'under its name is another table by now, or none: its schema was renamed'

const holderSql = 'FROM pg_catalog.pg_stat_activity a WHERE a.application_name = $1'

/** The tables that the holder of a view locks, by their numbers; undefined where nothing can change them. */
export async function heldTables(
  session: Session,
  view: View,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const token = view.token as unknown as ViewToken
  if (token.kind === 'paused') return undefined
  const sql = `SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l WHERE l.granted AND l.relation IS NOT NULL
    AND l.pid IN (SELECT a.pid ${holderSql})`
  const rows = await session.rows(signal, sql, [holderName(token.id)])
  return new Set(rows.map(([oid]) => oid ?? ''))
}

/** Throws `source-view-lost` unless everything that was read in the view so far was held all the while. */
export async function expectHeld(session: Session, view: View, signal: AbortSignal): Promise<void> {
  const token = view.token as unknown as ViewToken
  const held = await (token.kind === 'paused'
    ? isPausedAt(session, token.lsn, signal)
    : hasHolder(session, token.id, signal))
  if (held) return
  const why = token.kind === 'paused' ? 'its standby has gone on replaying' : 'its holder was ended'
  throw new RestituteError('source-view-lost', `view: ${why}: nothing keeps its tables from being emptied`)
}

/** A holder that is there now was there all the while: nobody else has its name. */
async function hasHolder(session: Session, id: string, signal: AbortSignal): Promise<boolean> {
  await session.script(signal, 'SELECT pg_catalog.pg_stat_clear_snapshot()')
  return (await session.rows(signal, `SELECT ${holderSql}`, [holderName(id)])).length > 0
}

async function isPausedAt(session: Session, lsn: string, signal: AbortSignal): Promise<boolean> {
  const now = await momentOf(session, signal)
  return now.paused && now.lsn === lsn
}

/** Why the rows that were just read by the name of a table or materialised view are not those of the view, if so. */
export async function readAmiss(
  session: Session,
  table: Table,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await isItself(session, table, name, signal)) ? filledAnew(session, table, signal) : notItself
}

async function isItself(
  session: Session,
  { oid }: Table,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  // As a statement, in which a name may have any bytes.
  const [[now] = []] = await session.rows(
    signal,
    `SELECT pg_catalog.to_regclass(${literal(name)})::pg_catalog.oid`,
  )
  return now === oid
}
