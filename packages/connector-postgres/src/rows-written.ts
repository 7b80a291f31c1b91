import type { Location } from './location.ts'
import { Session } from './session.ts'

// What ANALYZE finds out is written by the server of its own accord.
const sql = `SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_all_tables
  WHERE relname NOT IN ('pg_statistic', 'pg_statistic_ext_data') AND schemaname <> 'pg_toast'`

/**
 * How many rows of a database were ever written, those of its catalogues, too, as its server counts: sessions that go on may have
 * some more that they have yet to tell. Undefined where nobody may enter it.
 */
export async function rowsWritten(location: Location, signal: AbortSignal): Promise<string | undefined> {
  try {
    await using session = await Session.open(location, signal)
    return (await session.rows(signal, sql))[0]?.[0] ?? undefined
  } catch (error) {
    if (signal.aborted) throw error
    return undefined
  }
}
