import { RestituteError } from './errors.ts'

/** Throws `interrupted` once the signal is aborted: for loops that nothing else would end. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new RestituteError('interrupted', 'interrupted before the end', { cause: signal.reason })
  }
}
