import { type MessagePort, parentPort } from 'node:worker_threads'
import { type ConnectorOf, type DestinationOf, RestituteError } from '@restitute/core'
import { type CallContext, type Handlers, handlers } from './handlers.ts'
import type { CallName, FromWorker, ToWorker } from './protocol.ts'
import { sendable } from './sent-error.ts'

const progressBytes = 1024 * 1024

/** What a worker cannot find by itself: the parts are put together by who calls. */
export interface WorkerParts {
  readonly connectorOf: ConnectorOf
  readonly destinationOf: DestinationOf
}

/** What a worker module calls, once, in its thread: from then on it does what the export in the main thread asks. */
export function serveWorker(parts: WorkerParts): void {
  if (!parentPort) throw new RestituteError('internal', 'worker: not started as a worker thread')
  const port = parentPort
  const server = new Server(port, handlers(parts.connectorOf, parts.destinationOf))
  port.on('message', (message: ToWorker) => server.take(message))
}

/** The calls that run in this thread. */
class Server {
  readonly #port: MessagePort
  readonly #handlers: Handlers
  readonly #running = new Map<number, { abort: AbortController; acknowledged?: () => void }>()

  constructor(port: MessagePort, calls: Handlers) {
    this.#port = port
    this.#handlers = calls
  }

  take(message: ToWorker): void {
    if ('abort' in message) this.#abort(message.id)
    else if ('ack' in message) this.#running.get(message.id)?.acknowledged?.()
    else void this.#run(message.id, message.call, message.request)
  }

  #abort(id: number): void {
    const running = this.#running.get(id)
    running?.abort.abort()
    running?.acknowledged?.()
  }

  async #run(id: number, name: CallName, request: unknown): Promise<void> {
    const abort = new AbortController()
    this.#running.set(id, { abort })
    try {
      const run = this.#handlers[name] as (
        request: unknown,
        context: CallContext<unknown>,
      ) => Promise<unknown>
      const result = await run(request, this.#context(id, abort.signal))
      this.#post({ id, result } as FromWorker)
    } catch (error) {
      this.#post({ id, error: sendable(error) })
    } finally {
      this.#running.delete(id)
    }
  }

  #context(id: number, signal: AbortSignal): CallContext<unknown> {
    return {
      signal,
      send: async (batch) => {
        signal.throwIfAborted()
        const acknowledged = Promise.withResolvers<void>()
        const running = this.#running.get(id)
        if (running) running.acknowledged = acknowledged.resolve
        this.#post({ id, batch } as FromWorker)
        await acknowledged.promise
        signal.throwIfAborted()
      },
      progress: this.#gathered(id),
      packed: () => this.#post({ id, packed: true }),
    }
  }

  /** A message per tiny file would cost more than the file. */
  #gathered(id: number): (bytes: number) => void {
    let gathered = 0
    return (bytes) => {
      gathered += bytes
      if (gathered < progressBytes) return
      this.#post({ id, bytes: gathered })
      gathered = 0
    }
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message)
  }
}
