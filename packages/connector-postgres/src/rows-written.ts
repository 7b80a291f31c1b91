import type { Location } from './location.ts'
import { Session } from './session.ts'

// What is prepared counts once it is committed, and the destruction rolls it back.
const prepared = `(SELECT string_agg(p.transaction::text, ' ' ORDER BY p.transaction::text) FROM pg_prepared_xacts p
  WHERE p.database = current_database())`
// What ANALYZE finds out is written by the server of its own accord; shared catalogues are those of all databases.
const sql = `SELECT concat_ws(' ', sum(n_tup_ins + n_tup_upd + n_tup_del), ${prepared}) FROM pg_stat_all_tables
  WHERE relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') AND schemaname <> 'pg_toast'
  AND relid NOT IN (SELECT oid FROM pg_class WHERE relisshared)`

/**
 * How many rows of a database were ever written, those of its catalogues, too, as its server counts: sessions that go on may have
 * some more that they have yet to tell; and which transactions are prepared there. Throws where it cannot be entered.
 */
export async function rowsWritten(location: Location, signal: AbortSignal): Promise<string> {
  await using session = await Session.open(location, signal)
  return (await session.rows(signal, sql))[0]?.[0] ?? ''
}
