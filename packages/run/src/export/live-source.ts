import { RestituteError, type View } from '@restitute/core'
import PQueue from 'p-queue'
import type { Hold, RunningSource } from '../control/run-state.ts'
import type { Moment } from '../hooks/moment.ts'
import { newPace, type Pace, setPace } from '../workers/pace.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { Opened } from '../workers/protocol.ts'
import type { WorkerHandle } from '../workers/worker-handle.ts'
import type { ExportSource } from './options.ts'

/** What a source is allowed just now. */
export interface Allowance {
  /** Bytes per second. */
  readonly rate?: number
  readonly workers?: number
  readonly hold?: Hold
}

/** A source whose view is held by workers. One that cannot be joined stays with the worker that froze it. */
export class LiveSource {
  readonly source: ExportSource
  readonly #pool: WorkerPool
  readonly #holders = new Set<WorkerHandle>()
  readonly #queue = new PQueue({ concurrency: 1 })
  #opened: Opened | undefined
  #allowance: Allowance = {}
  #inHand = 0
  #isCounting = false
  /** Its hooks; to be held before the view is taken or joined. */
  readonly moment: Moment
  /** Obeyed by the workers in the middle of their work. */
  readonly pace: Pace = newPace()

  constructor(source: ExportSource, pool: WorkerPool, moment: Moment) {
    this.source = source
    this.#pool = pool
    this.moment = moment
  }

  get key(): string {
    return this.source.terms.name
  }

  /** What is held; `internal` before {@link freeze} or {@link join}. */
  get opened(): Opened {
    if (this.#opened) return this.#opened
    throw new RestituteError('internal', `source ${this.key}: used before its view was taken`)
  }

  /** For those who watch the run. */
  get state(): RunningSource {
    const { rate, hold } = this.#allowance
    return {
      source: this.key,
      workers: this.#queue.concurrency,
      ...(this.#opened && this.#holders.size > 0 && { viewTakenAt: this.#opened.view.takenAt }),
      ...(rate !== undefined && { rate }),
      ...(hold && this.#queue.size + this.#queue.pending > 0 && { hold }),
    }
  }

  /** Pieces of work that have begun and not ended. */
  get inHand(): number {
    return this.#inHand
  }

  /** From now on: what waits obeys at once, what is in hand at the pace and when paused; an inventory outside the window, too. */
  allow(allowance: Allowance): void {
    const { rate, hold } = allowance
    this.#allowance = allowance
    const paused = hold === 'paused' || (hold === 'window' && this.#isCounting)
    setPace(this.pace, { paused, ...(rate !== undefined && { rate }) })
    this.#queue.concurrency = this.#concurrency()
    if (hold) this.#queue.pause()
    else this.#queue.start()
  }

  /**
   * Does a piece of work when the source may be read and a turn is free; in the order of asking. Once `leave` is called the
   * turn is the next one's, beside what is left of `work`.
   */
  async inTurn<T>(work: (leave: () => void) => Promise<T>): Promise<T> {
    const left = Promise.withResolvers<void>()
    let done: Promise<T> | undefined
    await this.#queue.add(() => {
      done = this.#counted(() => work(left.resolve))
      return Promise.race([done, left.promise])
    })
    return done as Promise<T>
  }

  /** Takes the inventory: of a database that reads every row, for longer than a night, so that it is not finished by day as a volume is. */
  async counting<T>(inventory: () => Promise<T>): Promise<T> {
    this.#isCounting = true
    this.allow(this.#allowance)
    try {
      return await inventory()
    } finally {
      this.#isCounting = false
      this.allow(this.#allowance)
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#inHand++
    try {
      return await work()
    } finally {
      this.#inHand--
    }
  }

  /** Takes a new view with some worker, at a moment that the source's hooks make. */
  async freeze(signal: AbortSignal): Promise<void> {
    await this.close()
    const open = () => this.#pool.use((worker) => this.#open(worker, undefined, signal))
    await this.moment.take(open, signal)
  }

  /** Joins a view that an earlier run had taken; `source-view-lost` when it is gone. */
  async join(view: View, signal: AbortSignal): Promise<void> {
    await this.#pool.use((worker) => this.#open(worker, view, signal))
  }

  /** Runs `work` with a worker that holds the view; `leave` as of the pool. */
  use<T>(work: (worker: WorkerHandle, leave: () => void) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { joinable, view } = this.opened
    const [first] = this.#holders
    return this.#pool.use(
      async (worker, leave) => {
        if (!this.#holders.has(worker)) await this.#open(worker, view, signal)
        return work(worker, leave)
      },
      joinable ? undefined : first,
    )
  }

  /** One that cannot be joined is read by the worker that froze it alone. */
  #concurrency(): number {
    if (!this.#opened?.joinable) return 1
    return Math.max(1, Math.min(this.#allowance.workers ?? this.#pool.size, this.#pool.size))
  }

  /** Lets the view go. */
  async close(): Promise<void> {
    const holders = [...this.#holders].filter((worker) => worker.alive)
    this.#holders.clear()
    await Promise.all(holders.map((worker) => worker.call('close', { key: this.key })))
  }

  /**
   * Lets it go for good, and undoes its hooks. What cannot be released now ends by itself: everything is read, so that is no
   * failure; a hook that fails is one.
   */
  async release(view: View, signal: AbortSignal): Promise<void> {
    await this.close()
    const request = { spec: this.source.spec, view }
    await this.#pool.use((worker) => worker.call('release', request, { signal })).catch(() => {})
    await this.moment.end()
  }

  async #open(worker: WorkerHandle, view: View | undefined, signal: AbortSignal): Promise<void> {
    const request = { key: this.key, spec: this.source.spec, ...(view && { view }) }
    this.#opened = await worker.call('open', request, { signal })
    this.#holders.add(worker)
    this.#queue.concurrency = this.#concurrency()
  }
}
