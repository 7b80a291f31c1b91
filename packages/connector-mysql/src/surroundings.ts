import { hasOnServer } from './rights.ts'
import type { Session } from './session.ts'
import { quoteText } from './text.ts'

/** What a server tells of those around a database. */
export interface Surroundings {
  /** Whether the account sees sessions of others (`PROCESS`); without, the two counts mean nothing. */
  readonly seen: boolean
  /** Sessions of others in the database. */
  readonly sessions: number
  /** Replicas that are connected to the server. */
  readonly replicas: number
}

/** Who else is in the database, and who follows its server. */
export async function surroundingsOf(session: Session, signal: AbortSignal): Promise<Surroundings> {
  const seen = await hasOnServer(session, ['PROCESS'], signal)
  const [[sessions, replicas] = []] = await session.texts(
    `SELECT COALESCE(SUM(DB = ${quoteText(session.location.database)} AND ID <> CONNECTION_ID()), 0),
       COALESCE(SUM(COMMAND LIKE 'Binlog Dump%'), 0) FROM information_schema.PROCESSLIST`,
    signal,
  )
  return { seen, sessions: Number(sessions), replicas: Number(replicas) }
}

/** The same in words, one sentence each. */
export function wordsOn({ seen, sessions, replicas }: Surroundings): string[] {
  if (!seen) return ['sessions and replicas: not visible without PROCESS']
  return [`sessions of others in it: ${sessions}`, `replicas connected to its server: ${replicas}`]
}
