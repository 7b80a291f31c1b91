import type { Session } from './session.ts'
import { ofSchema, quoteText } from './text.ts'

/** What the clock of the server says, in seconds. */
export async function serverTime(session: Session, signal: AbortSignal): Promise<string> {
  const [[now = ''] = []] = await session.texts('SELECT NOW()', signal)
  return now
}

/** Whether a table of the location's database was made, altered or written to after that time; of what was so in that very second nobody knows. */
export async function isWrittenSince(session: Session, time: string, signal: AbortSignal): Promise<boolean> {
  const [[late] = []] = await session.texts(
    `SELECT COUNT(*) FROM information_schema.TABLES WHERE ${ofSchema('TABLE_SCHEMA', quoteText(session.location.database))}
     AND GREATEST(CREATE_TIME, COALESCE(UPDATE_TIME, CREATE_TIME)) > '${time}'`,
    signal,
  )
  return Number(late) > 0
}
