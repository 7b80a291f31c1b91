import type { Progress } from '@restitute/core'
import type { TimelineRecord } from '@restitute/manifest'
import type { MeasuredShard } from '@restitute/run'

const most = 60
const narrowest = 0.1

/**
 * Bytes through each stage over the time of a drill, in at most sixty steps: their width doubles whenever time goes beyond
 * them, so that memory does not grow with the run. Moments are milliseconds since 1970 by the machine's clock.
 */
export class Timeline {
  readonly #began: number
  #width = narrowest
  readonly #stages = new Map<string, number[]>()

  constructor(began: number = Date.now()) {
    this.#began = began
  }

  /** Bytes that a stage dealt with from one moment to another, spread evenly. */
  add(stage: string, from: number, to: number, bytes: number): void {
    const [first, last] = [this.#seconds(from), Math.max(this.#seconds(to), this.#seconds(from) + 1e-3)]
    while (last >= this.#width * most) this.#widen()
    const steps = this.#stepsOf(stage)
    for (let i = Math.floor(first / this.#width); i * this.#width < last; i++) {
      const overlap = Math.min(last, (i + 1) * this.#width) - Math.max(first, i * this.#width)
      steps[i] = (steps[i] ?? 0) + (bytes * overlap) / (last - first)
    }
  }

  /** A volume: its stages go on side by side until it is packed; the read-back comes after that. */
  addVolume({ began, seconds, stages }: MeasuredShard): void {
    const packed = began + seconds * 1000
    for (const { stage, bytesIn, busySeconds } of stages) {
      if (stage === 'read-back') this.add(stage, packed, packed + busySeconds * 1000, bytesIn)
      else this.add(stage, began, packed, bytesIn)
    }
  }

  /** Keeps what is reported of tasks and passes it on. */
  watching(tasks: readonly string[], progress: Progress | undefined): Progress {
    const seen = new Map<string, { at: number; bytes: number }>()
    return (report) => {
      progress?.(report)
      if (!tasks.includes(report.task)) return
      const key = `${report.task} ${report.subject}`
      const [at, bytes] = [Date.now(), report.doneBytes]
      const before = seen.get(key)
      if (before && bytes > before.bytes) this.add(report.task, before.at, at, bytes - before.bytes)
      seen.set(key, { at, bytes })
    }
  }

  get record(): TimelineRecord {
    const count = Math.max(0, ...[...this.#stages.values()].map((steps) => steps.length))
    return {
      stepSeconds: this.#width,
      stages: [...this.#stages].map(([stage, steps]) => ({
        stage,
        bytes: Array.from({ length: count }, (_, i) => Math.round(steps[i] ?? 0)),
      })),
    }
  }

  #seconds(moment: number): number {
    return Math.max(0, (moment - this.#began) / 1000)
  }

  #stepsOf(stage: string): number[] {
    const known = this.#stages.get(stage) ?? []
    this.#stages.set(stage, known)
    return known
  }

  #widen(): void {
    this.#width *= 2
    for (const [stage, steps] of this.#stages) {
      const half = Array.from(
        { length: Math.ceil(steps.length / 2) },
        (_, i) => (steps[2 * i] ?? 0) + (steps[2 * i + 1] ?? 0),
      )
      this.#stages.set(stage, half)
    }
  }
}
