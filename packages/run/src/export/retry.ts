import { setTimeout as sleep } from 'node:timers/promises'
import { asRestituteError, type ErrorCode, type RestituteError } from '@restitute/core'

const retries = 3
const firstPauseMs = 500
// Retrying alone does not help here: the view must be taken again, or somebody wants to stop.
const notByRetry: readonly ErrorCode[] = ['interrupted', 'source-view-lost']

/**
 * Runs an attempt, again up to three times when its error may pass by itself; pauses double from half a second. An
 * attempt that `gotOn` before it failed is not counted: the next one begins the count anew.
 */
export async function withRetries<T>(
  signal: AbortSignal,
  attempt: (retry: number) => Promise<T>,
  gotOn: () => boolean = () => false,
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt(retry)
    } catch (thrown) {
      const error = asRestituteError(thrown)
      if (gotOn()) retry = 0
      if (retry === retries || !mayPass(error) || signal.aborted) throw error
    }
    await sleep(firstPauseMs * 2 ** retry, undefined, { signal })
  }
}

function mayPass(error: RestituteError): boolean {
  return error.retryable && !notByRetry.includes(error.code)
}
