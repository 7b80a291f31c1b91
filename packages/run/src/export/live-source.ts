import { RestituteError, type View } from '@restitute/core'
import type { WorkerPool } from '../workers/pool.ts'
import type { Opened } from '../workers/protocol.ts'
import type { WorkerHandle } from '../workers/worker-handle.ts'
import type { ExportSource } from './options.ts'

/** A source whose view is held by workers. One that cannot be joined stays with the worker that froze it. */
export class LiveSource {
  readonly source: ExportSource
  readonly #pool: WorkerPool
  readonly #holders = new Set<WorkerHandle>()
  #opened: Opened | undefined

  constructor(source: ExportSource, pool: WorkerPool) {
    this.source = source
    this.#pool = pool
  }

  get key(): string {
    return this.source.terms.name
  }

  /** What is held; `internal` before {@link freeze} or {@link join}. */
  get opened(): Opened {
    if (this.#opened) return this.#opened
    throw new RestituteError('internal', `source ${this.key}: used before its view was taken`)
  }

  /** How many workers may read it at once. */
  get concurrency(): number {
    const allowed = this.source.terms.workers ?? this.#pool.size
    return this.opened.joinable ? Math.max(1, Math.min(allowed, this.#pool.size)) : 1
  }

  /** Takes a new view with some worker. */
  async freeze(signal: AbortSignal): Promise<void> {
    await this.close()
    await this.#pool.use((worker) => this.#open(worker, undefined, signal))
  }

  /** Joins a view that an earlier run had taken; `source-view-lost` when it is gone. */
  async join(view: View, signal: AbortSignal): Promise<void> {
    await this.#pool.use((worker) => this.#open(worker, view, signal))
  }

  /** Runs `work` with a worker that holds the view. */
  use<T>(work: (worker: WorkerHandle) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { joinable, view } = this.opened
    const [first] = this.#holders
    return this.#pool.use(
      async (worker) => {
        if (!this.#holders.has(worker)) await this.#open(worker, view, signal)
        return work(worker)
      },
      joinable ? undefined : first,
    )
  }

  /** Lets the view go. */
  async close(): Promise<void> {
    const holders = [...this.#holders].filter((worker) => worker.alive)
    this.#holders.clear()
    await Promise.all(holders.map((worker) => worker.call('close', { key: this.key })))
  }

  async #open(worker: WorkerHandle, view: View | undefined, signal: AbortSignal): Promise<void> {
    const request = { key: this.key, spec: this.source.spec, ...(view && { view }) }
    this.#opened = await worker.call('open', request, { signal })
    this.#holders.add(worker)
  }
}
