import type { Item } from '@restitute/core'
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
    ...{ id: `prepared-transaction/${label(gid ?? '')}`, kind: 'prepared-transaction', bytes: 0 },
    mark: transaction ?? '',
    lost: 'it is prepared and not ended, so that nobody can read what it wrote: COMMIT PREPARED or ROLLBACK PREPARED, and export again',
  }))
}
