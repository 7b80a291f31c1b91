import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { asRestituteError, RestituteError } from '@restitute/core'
import type { CallName, Calls, FromWorker } from './protocol.ts'
import { received } from './sent-error.ts'

const stopMs = 10_000
// Node warns in every thread anew of each part of it that a connector uses and that is called experimental.
const quiet = '--disable-warning=ExperimentalWarning'

/** What a caller of a worker may add to a request. */
export interface CallOptions<K extends CallName> {
  readonly signal?: AbortSignal
  /** Takes a batch; the worker goes on when it returns. */
  readonly onBatch?: (batch: Calls[K]['batch']) => void
  readonly onProgress?: (bytes: number) => void
  /** The worker can take another call beside what is left of this one. */
  readonly onPacked?: () => void
}

interface Pending {
  readonly options: CallOptions<CallName>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: RestituteError) => void
}

/** One worker thread, seen from the main thread. */
export class WorkerHandle {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  /** Why it is no more. */
  #gone: RestituteError | undefined

  constructor(url: URL) {
    this.#worker = new Worker(url, { execArgv: [quiet] })
    this.#worker.on('message', (message: FromWorker) => this.#take(message))
    this.#worker.on('error', (error) => this.#die(error))
    this.#worker.on('exit', () => this.#die())
  }

  get alive(): boolean {
    return this.#gone === undefined
  }

  /** Asks for something and waits for the answer. Rejects with `worker-gone` when the thread dies. */
  async call<K extends CallName>(
    name: K,
    request: Calls[K]['request'],
    options: CallOptions<K> = {},
  ): Promise<Calls[K]['result']> {
    if (this.#gone) throw this.#gone
    options.signal?.throwIfAborted()
    const id = ++this.#lastId
    const abort = (): void => this.#worker.postMessage({ id, abort: true })
    options.signal?.addEventListener('abort', abort, { once: true })
    try {
      return (await this.#ask(id, name, request, options)) as Calls[K]['result']
    } finally {
      options.signal?.removeEventListener('abort', abort)
    }
  }

  /** Lets its sources go, if it was ever asked for one, then ends the thread, also when that does not answer. */
  async stop(): Promise<void> {
    const late = sleep(stopMs, undefined, { ref: false })
    if (this.alive && this.#lastId > 0) await Promise.race([this.call('close', {}).catch(() => {}), late])
    await this.#worker.terminate()
  }

  #ask<K extends CallName>(
    id: number,
    name: K,
    request: Calls[K]['request'],
    options: CallOptions<K>,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { options: options as CallOptions<CallName>, resolve, reject })
      this.#worker.postMessage({ id, call: name, request })
    })
  }

  #take(message: FromWorker): void {
    const pending = this.#pending.get(message.id)
    if (!pending) return
    if ('bytes' in message) pending.options.onProgress?.(message.bytes)
    else if ('packed' in message) pending.options.onPacked?.()
    else if ('batch' in message) this.#takeBatch(message.id, pending, message.batch)
    else if ('error' in message) this.#settle(message.id)?.reject(received(message.error))
    else this.#settle(message.id)?.resolve(message.result)
  }

  #takeBatch(id: number, pending: Pending, batch: Calls[CallName]['batch']): void {
    try {
      pending.options.onBatch?.(batch as never)
      this.#worker.postMessage({ id, ack: true })
    } catch (error) {
      this.#worker.postMessage({ id, abort: true })
      this.#settle(id)?.reject(asRestituteError(error))
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #die(cause?: unknown): void {
    this.#gone ??= new RestituteError('worker-gone', 'worker: the thread ended before its answer', { cause })
    for (const { reject } of this.#pending.values()) reject(this.#gone)
    this.#pending.clear()
  }
}
