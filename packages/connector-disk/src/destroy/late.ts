import { asRestituteError, RestituteError, writtenSince } from '@restitute/core'
import { marksOf } from '../machine/marks.ts'

/**
 * Refuses to destroy what is not as it was when that was opened: whoever compared it with what was delivered may not have seen
 * what was written since. `files`: those that are to go, now; it throws where a machine has been started. Nothing is gone then.
 */
export async function refuseLate(
  path: string,
  mark: string,
  files: () => Promise<readonly string[]>,
): Promise<void> {
  const now = await files().then(marksOf).catch(untouched)
  if (now !== mark) throw writtenSince(`destroy ${path}: something of it was made or written to`)
}

/** Throws it again, as `destroy-failed` of something of which nothing is gone. */
export function untouched(cause: unknown): never {
  const { code, message, hint } = asRestituteError(cause)
  if (code === 'interrupted') throw cause
  throw new RestituteError('destroy-failed', message, {
    cause,
    details: { untouched: true },
    ...(hint !== undefined && { hint }),
  })
}
