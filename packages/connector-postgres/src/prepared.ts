import type { Difference, Item, Json } from '@restitute/core'
import { label } from './names.ts'
import type { Session } from './session.ts'

const preparedSql =
  'SELECT p.gid, p.transaction FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()'

/**
 * Transactions that are prepared (PREPARE TRANSACTION, XA) and neither committed nor rolled back: no view shows what they wrote,
 * though whoever prepared them was promised that it lasts. The server tells nobody what that is.
 */
export async function preparedItems(session: Session, signal: AbortSignal): Promise<Item[]> {
  const rows = await session.rows(signal, preparedSql)
  return rows.map(([gid, transaction]) => ({
    ...{ id: idOf(gid ?? ''), kind: 'prepared-transaction', bytes: 0 },
    mark: transaction ?? '',
    lost: 'it is prepared and not ended, so that nobody can read what it wrote: COMMIT PREPARED or ROLLBACK PREPARED, and export again',
  }))
}

/** Names of those of a database, for a session beside it. */
export async function preparedIn(session: Session, database: string, signal: AbortSignal): Promise<string[]> {
  const sql = 'SELECT p.gid FROM pg_catalog.pg_prepared_xacts p WHERE p.database = $1 ORDER BY 1'
  return (await session.rows(signal, sql, [database])).map(([gid]) => gid ?? '')
}

/** Those of the primary on which a source is destroyed that is read on a standby, where nobody sees them. */
export function preparedBeyond(upTo: Json | undefined): Difference[] {
  const { prepared = [] } = (upTo ?? {}) as { readonly prepared?: readonly string[] }
  return prepared.map((gid) => ({ item: idOf(gid), change: 'new' }))
}

function idOf(gid: string): string {
  return `prepared-transaction/${label(gid)}`
}
