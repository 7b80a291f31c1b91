import { type ErrorCode, RestituteError, systemCode } from '@restitute/core'

// SFTP version 3 (draft-ietf-secsh-filexfer-02 section 7).
const statuses: Readonly<Record<number, { readonly code: ErrorCode; readonly said: string }>> = {
  2: { code: 'not-found', said: 'no such file' },
  3: { code: 'access-refused', said: 'permission denied' },
  4: { code: 'destination-failed', said: 'failure' },
  6: { code: 'destination-unreachable', said: 'no connection' },
  7: { code: 'destination-unreachable', said: 'connection lost' },
  8: { code: 'destination-failed', said: 'not supported' },
}

/** A failed call as an error of this destination; `attempt` says what was tried on what. */
export function sftpError(thrown: unknown, attempt: string): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const status = statusOf(thrown)
  const known = status === undefined ? undefined : statuses[status]
  if (known) return new RestituteError(known.code, `${attempt}: ${known.said}`, { cause: thrown })
  const said = systemCode(thrown) ?? (thrown instanceof Error ? thrown.message : 'failed')
  return new RestituteError('destination-unreachable', `${attempt}: ${said}`, { cause: thrown })
}

/** Runs calls; what they throw becomes an {@link sftpError}. */
export async function attempting<T>(attempt: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    throw sftpError(thrown, attempt)
  }
}

/** What the server answered, by its number. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'number' ? thrown.code : undefined
}
