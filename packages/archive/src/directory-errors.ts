import { type ErrorCode, RestituteError, systemCode } from '@restitute/core'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOSPC: 'destination-full',
  EDQUOT: 'destination-full',
  ELOOP: 'hostile-input',
  EACCES: 'destination-unreachable',
  EPERM: 'destination-unreachable',
  EROFS: 'destination-unreachable',
  ENOTDIR: 'destination-unreachable',
  ENXIO: 'destination-unreachable',
  ESTALE: 'destination-unreachable',
  EHOSTDOWN: 'destination-unreachable',
  ENOTCONN: 'destination-unreachable',
  ETIMEDOUT: 'destination-unreachable',
}

/** A failed system call as an error of this destination: `attempt` says what was tried on which file. */
export function destinationError(thrown: unknown, attempt: string): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const code = systemCode(thrown)
  const known = codes[code ?? ''] ?? 'destination-failed'
  const hint =
    known === 'destination-full' ? { hint: 'free space there, then run the same command again' } : {}
  return new RestituteError(known, `${attempt}: ${code ?? 'failed'}`, { cause: thrown, ...hint })
}

/** Runs a call; what it throws becomes a {@link destinationError}. */
export async function attempting<T>(attempt: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    throw destinationError(thrown, attempt)
  }
}
