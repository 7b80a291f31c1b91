import { asRestituteError } from '@restitute/core'
import type { Measurement, RehearsalFailure, RehearsalStep } from '@restitute/manifest'
import { Timeline } from './timeline.ts'

/** What the steps of a drill measured and found wrong. A step that throws is a failure; the drill goes on or ends. */
export class Steps {
  readonly measurements: Measurement[] = []
  readonly failures: RehearsalFailure[] = []
  readonly timeline: Timeline = new Timeline()
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Does one step; undefined when it failed. An interruption is no result of a rehearsal: it is thrown. */
  async take<T>(step: RehearsalStep, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (thrown) {
      const { code, message } = asRestituteError(thrown)
      if (this.#signal.aborted) throw thrown
      this.fail(step, code, message)
      return undefined
    }
  }

  /** Notes what is wrong without an exception. */
  fail(step: RehearsalStep, code: string, message: string): void {
    this.failures.push({ step, code, message: message.replace(/\p{Cc}+/gu, ' ').slice(0, 1000) })
  }

  /** Keeps the seconds by the clock of a step that has no stages of its own. */
  measure(
    stage: string,
    started: number,
    o: {
      readonly source?: string
      readonly items: number
      readonly bytesIn: number
      readonly bytesOut: number
    },
  ): number {
    const busySeconds = Math.round(performance.now() - started) / 1000
    this.measurements.push({ stage, ...o, busySeconds, waitingSeconds: 0, retries: 0 })
    return busySeconds
  }
}
