import { EventEmitter, once } from 'node:events'
import type { Duplex } from 'node:stream'
import { LendingSocket } from '@restitute/core'
import type pg from 'pg'
import { CopyMessages, type Part } from './copy-messages.ts'

/** What the driver gives a statement that reads for itself; its types leave this out. */
interface Connection {
  readonly stream: Duplex
  query(sql: string): void
}

type Listener = (bytes: Buffer) => void

// Of a row that does not come as a whole, for whoever takes it to have something to do while more comes.
const aheadBytes = 4 * 1024 * 1024

/** Whole rows that go into one file. */
export interface Rows {
  readonly size: number
  /** Read once, to its end, before the next rows are asked for. A chunk is good until the next is asked for. */
  readonly content: AsyncIterable<Buffer>
}

/**
 * `COPY … TO STDOUT` read off the connection itself: the driver would make objects and events of every row. The next
 * part is read while one is worked on, no more; of a row longer than a part, some MiB.
 */
export class CopyOut implements pg.Submittable {
  readonly #sql: string
  readonly #messages: CopyMessages
  readonly #events = new EventEmitter()
  readonly #onData = (bytes: Buffer): void => this.#take(bytes)
  #stream: Duplex | undefined
  #driver: Listener | undefined
  #ready: Part[] = []
  #dropping = false
  #over: { readonly error?: unknown } | undefined

  /** `spare`: as for {@link CopyMessages}. */
  constructor(sql: string, partBytes: number, spare: Buffer[]) {
    this.#sql = sql
    this.#messages = new CopyMessages(partBytes, spare)
  }

  /** The rows in parts; throws what the server, or the way to it, says. */
  async *parts(): AsyncIterable<Rows> {
    for (;;) {
      const part = this.#ready.shift()
      if (this.#ready.length === 0) this.#stream?.resume()
      if (part) yield { size: part.size, content: this.#content(part) }
      else if (this.#over) break
      else await once(this.#events, 'news')
    }
    if ('error' in this.#over) throw this.#over.error
  }

  async *#content(part: Part): AsyncIterable<Buffer> {
    for (;;) {
      const block = part.blocks.shift()
      if (block) {
        yield block
        this.#messages.release([block])
      } else if (part.whole) return
      else if (this.#over) throw this.#over.error
      else {
        this.#stream?.resume()
        await once(this.#events, 'news')
      }
    }
  }

  /** Nobody reads on: what still comes is thrown away, so that the connection can end. */
  drop(): void {
    this.#dropping = true
    this.#ready = []
    this.#messages.drop()
    this.#stream?.resume()
  }

  /** For the driver: the connection is ours until the rows have ended. */
  submit(connection: unknown): void {
    const { stream } = connection as Connection
    const [driver] = stream.listeners('data') as Listener[]
    if (driver) stream.removeListener('data', driver)
    this.#driver = driver
    this.#stream = stream.on('data', this.#onData)
    if (stream instanceof LendingSocket) stream.lends = true
    ;(connection as Connection).query(this.#sql)
  }

  /** For the driver: the server's error, or the end of the connection. */
  handleError(error: unknown): void {
    this.#finish({ error })
  }

  /** For the driver. */
  handleCommandComplete(): void {}

  /** For the driver: the next statement may come. */
  handleReadyForQuery(): void {
    this.#messages.end()
    this.#finish({})
  }

  #take(bytes: Buffer): void {
    const rest = this.#messages.take(bytes)
    this.#offer()
    if (rest) this.#giveBack(rest)
  }

  #offer(): void {
    if (this.#dropping) return
    this.#ready.push(...this.#messages.parts())
    if (this.#ready.length > 0 || this.#messages.waiting >= aheadBytes) this.#stream?.pause()
    this.#events.emit('news')
  }

  /** From the end of the rows on the connection is the driver's again. */
  #giveBack(rest: Buffer): void {
    const [stream, driver] = [this.#stream, this.#driver]
    this.#stream = undefined
    if (stream instanceof LendingSocket) stream.lends = false
    stream?.removeListener('data', this.#onData)
    if (driver) stream?.on('data', driver)
    // The driver keeps what is no whole message.
    driver?.(Buffer.from(rest))
    stream?.resume()
  }

  #finish(over: { readonly error?: unknown }): void {
    this.#offer()
    this.#over ??= over
    this.#events.emit('news')
  }
}
