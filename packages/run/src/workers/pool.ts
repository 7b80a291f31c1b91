import { availableParallelism } from 'node:os'
import { RestituteError } from '@restitute/core'
import { WorkerHandle } from './worker-handle.ts'

interface Waiter {
  /** The only worker that will do. */
  readonly bound: WorkerHandle | undefined
  readonly resolve: (worker: WorkerHandle) => void
  readonly reject: (error: RestituteError) => void
}

/**
 * Threads of a module that calls `serveWorker`, started when first needed; each serves one piece of work at a time, in the
 * order of asking. The next one is started with each, as long as there may be more.
 */
export class WorkerPool implements AsyncDisposable {
  readonly size: number
  readonly #url: URL
  readonly #workers = new Set<WorkerHandle>()
  /** The one that was at work last comes last, and is taken first: what it has opened is at hand. */
  readonly #idle = new Set<WorkerHandle>()
  readonly #waiters: Waiter[] = []

  /** As many threads at most as there are cores, unless told otherwise. */
  constructor(url: URL, size: number = availableParallelism()) {
    this.#url = url
    this.size = size
  }

  /**
   * Sees to it that a thread is free, or about to be: for a caller who knows that there will be work for it. Loading its
   * modules takes longer than many a piece of work.
   */
  prepare(): void {
    this.#dropDead()
    if (this.#idle.size > 0 || this.#workers.size >= this.size) return
    const worker = new WorkerHandle(this.#url)
    this.#workers.add(worker)
    this.#idle.add(worker)
  }

  /**
   * Runs `work` with a worker to itself: any, or the one that holds what it needs (`source-view-lost` if that died). Once
   * `leave` is called, others may have it beside what is left of `work`.
   */
  async use<T>(
    work: (worker: WorkerHandle, leave: () => void) => Promise<T>,
    bound?: WorkerHandle,
  ): Promise<T> {
    const worker = await this.#take(bound)
    const leave = once(() => this.#giveBack(worker))
    try {
      return await work(worker, leave)
    } finally {
      leave()
    }
  }

  /** Ends every thread; whatever is asked after that has new ones. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
  }

  #take(bound: WorkerHandle | undefined): Promise<WorkerHandle> {
    const worker = this.#available(bound)
    if (worker) return Promise.resolve(worker)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ bound, resolve, reject })
      this.#serve()
    })
  }

  #available(bound: WorkerHandle | undefined): WorkerHandle | undefined {
    if (bound) {
      this.#dropDead()
      return this.#idle.delete(bound) ? bound : undefined
    }
    this.prepare()
    const worker = [...this.#idle].at(-1)
    if (worker) this.#idle.delete(worker)
    this.prepare()
    return worker
  }

  /** One may die after it was given back. */
  #dropDead(): void {
    for (const worker of this.#idle) {
      if (worker.alive) continue
      this.#idle.delete(worker)
      this.#workers.delete(worker)
    }
  }

  #giveBack(worker: WorkerHandle): void {
    this.#idle.add(worker)
    this.#serve()
  }

  #serve(): void {
    for (const waiter of this.#waiters.splice(0)) {
      const worker = this.#available(waiter.bound)
      if (worker) waiter.resolve(worker)
      else if (waiter.bound && !this.#workers.has(waiter.bound)) waiter.reject(boundWorkerGone())
      else this.#waiters.push(waiter)
    }
  }
}

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (ran) return
    ran = true
    run()
  }
}

function boundWorkerGone(): RestituteError {
  return new RestituteError('source-view-lost', 'source: the worker that held its view has ended')
}
