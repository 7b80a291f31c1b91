import { RestituteError } from '@restitute/core'
import { type ServerError } from './errors.ts'
import { nameOf } from './location.ts'
import { hasOnServer } from './rights.ts'
import type { Session } from './session.ts'
import { quoteName } from './text.ts'

/** There is no such database; without any right on that name the server says 1044, whether there is one or not. */
const unknownDatabase = 1049

/**
 * Throws `source-unreachable` unless the server says that there is no database of the location's name: its list leaves out what the
 * account has no right on.
 */
export async function expectAbsent(session: Session, signal: AbortSignal): Promise<void> {
  if (await hasOnServer(session, ['SHOW DATABASES'], signal)) return
  const answer = await session.run(`USE ${quoteName(session.location.database)}`, signal).then(
    () => 0,
    (error: unknown) => (error as ServerError).errno,
  )
  if (answer === unknownDatabase) return
  throw new RestituteError(
    'source-unreachable',
    `look for ${nameOf(session.location)}: the server does not show it to this account, which has no right on it, and would not if it were there`,
    { hint: 'grant the account what the operator guide lists: grants on a database outlive it' },
  )
}
