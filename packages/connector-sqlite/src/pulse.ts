import { setImmediate } from 'node:timers/promises'
import { throwIfInterrupted } from '@restitute/core'

const longestMs = 40

/** node:sqlite is synchronous: a loop over rows asks `due` and rests, so that signals and timers are answered. */
export class Pulse {
  #signal: AbortSignal
  #last = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Whether the event loop has waited long enough. */
  due(): boolean {
    return performance.now() - this.#last > longestMs
  }

  /** Lets the event loop run; throws `interrupted`. */
  async rest(): Promise<void> {
    await setImmediate()
    throwIfInterrupted(this.#signal)
    this.#last = performance.now()
  }
}
