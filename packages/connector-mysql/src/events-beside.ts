import { RestituteError } from '@restitute/core'
import type { Session } from './session.ts'
import { quoteText } from './text.ts'

/**
 * Refuses (`destroy-failed`) where the server would drop events of other databases with this one: MariaDB does so with all whose names
 * are the same to it but for case and accents. It tells of events only where the account has a right on them.
 */
export async function expectNoEventsBeside(session: Session, signal: AbortSignal): Promise<void> {
  const schema = quoteText(session.location.database)
  const rows = await session.texts(
    `SELECT DISTINCT CAST(EVENT_SCHEMA AS BINARY) FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA = ${schema} AND BINARY EVENT_SCHEMA <> BINARY ${schema} AND @@lower_case_table_names = 0 ORDER BY 1`,
    signal,
  )
  if (rows.length === 0) return
  const others = rows.map(([name = '']) => name).join(', ')
  throw new RestituteError(
    'destroy-failed',
    `drop the database ${session.location.database}: expected nothing of another database to go with it, but the server drops the events of ${others}, too`,
    {
      hint: 'note these events (SHOW CREATE EVENT), drop them, destroy, and make them again',
    },
  )
}
