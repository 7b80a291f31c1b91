import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfInterrupted } from '@restitute/core'
import { statusOf } from './errors.ts'

const attempts = 6
const firstPause = 200

/**
 * Tries again what failed without the service having said that it will never succeed, with growing pauses that differ
 * from request to request; throws the last failure, or `interrupted`.
 */
export async function persistently<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      throwIfInterrupted(signal)
      if (isFinal(error) || failures === attempts) throw error
      const pause = firstPause * 2 ** (failures - 1) * (0.5 + Math.random())
      await sleep(pause, undefined, { signal }).catch(() => throwIfInterrupted(signal))
    }
  }
}

/** What the service says of the object itself, or of what it does not know (501); asking again would not change it. */
export function isFinal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  return status === 501 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
}
