import { RestituteError, throwIfInterrupted } from '@restitute/core'
import type { Connection, Query } from 'mysql2'
import { lend } from './lending.ts'
import { isInTransaction, type RowBytes, type RowQuery } from './packets.ts'

/** Takes rows as they arrive; answers whether it has enough for now. */
export interface RowSink {
  take(row: RowBytes): boolean
}

/** A statement whose rows are on their way. */
export interface Reading extends AsyncDisposable {
  /** Waits until the sink has enough (true) or everything (false). */
  next(): Promise<boolean>
}

/** How a statement is ended that is not read to its end, or its session with it. */
export interface Ending {
  kill(): Promise<void>
  giveUp(): void
}

/** Milliseconds: a server that was told to end a statement says within that time that it has, or is not there any more. */
export const patience: number = 10_000

/** A statement that is running on a connection, read at the pace of its sink. */
export class SessionReading implements Reading {
  /** The view is the transaction's: were that over, the server would go on with the rows of now. */
  inTransaction = false
  readonly #connection: Connection
  readonly #ending: Ending
  readonly #signal: AbortSignal
  #enough = false
  #discard = false
  #ended = false
  #error: unknown
  #wake: () => void = () => {}

  constructor(connection: Connection, sql: string, sink: RowSink, ending: Ending, signal: AbortSignal) {
    this.#connection = connection
    this.#ending = ending
    this.#signal = signal
    // Before the query: a connection that has ended says so within the call.
    connection.once('error', this.#finish)
    const query = connection.query({ sql, rowsAsArray: true }) as unknown as Query & RowQuery
    const end = query.row
    query.row = (packet, of) => {
      // Not before: the driver looks at the columns once they have all come.
      lend(connection, true)
      if (packet.isEOF()) {
        if (this.inTransaction && !isInTransaction(packet)) this.#error = transactionOver()
        return end.call(query, packet, of)
      }
      if (!this.#discard && sink.take(packet)) this.#rest()
      return query.row
    }
    query.on('error', (error: unknown) => (this.#error = error))
    query.on('end', () => this.#finish())
    signal.addEventListener('abort', this.#stop, { once: true })
  }

  async next(): Promise<boolean> {
    if (this.#enough) {
      this.#enough = false
      this.#connection.resume()
    }
    if (!this.#enough && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve))
    throwIfInterrupted(this.#signal)
    if (this.#enough) return true
    if (this.#error !== undefined) throw this.#error
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop)
    if (!this.#ended) {
      this.#discard = true
      const ended = new Promise<void>((resolve) => (this.#wake = resolve))
      const killed = this.#ending.kill()
      this.#connection.resume()
      const late = setTimeout(() => this.#ending.giveUp(), patience)
      await Promise.all([ended, killed])
      clearTimeout(late)
    }
    this.#connection.removeListener('error', this.#finish)
  }

  #rest(): void {
    this.#enough = true
    this.#connection.pause()
    this.#wake()
  }

  #stop = (): void => this.#wake()

  #finish = (error?: unknown): void => {
    lend(this.#connection, false)
    this.#ended = true
    this.#error ??= error
    this.#wake()
  }
}

function transactionOver(): RestituteError {
  return new RestituteError('source-view-lost', 'read: the transaction of the view is over')
}
