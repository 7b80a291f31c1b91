import { connect } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { RestituteError, throwIfInterrupted } from '@restitute/core'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { connected, isRaw } from './connected.ts'
import { CopyOut, type Rows } from './copy-out.ts'
import { failure, isConnectionLoss } from './errors.ts'
import { clientConfig, type Location, placeOf } from './location.ts'
import { asBytes, asUtf8 } from './raw-text.ts'

// A cancelled statement ends within moments; whoever interrupts is answered within a second.
const patienceMs = 800

/** One row, each value as the server's text. */
export type Row = readonly (string | null)[]

/** One connection to a server, with settings under which equal values have equal texts. */
export class Session implements AsyncDisposable {
  readonly location: Location
  /** Major version. */
  readonly version: number
  readonly encoding: string
  readonly #client: pg.Client
  /** Memory that rows are read into, again and again. */
  readonly #spare: Buffer[] = []
  #lost = false

  private constructor(location: Location, client: pg.Client, version: number, encoding: string) {
    this.location = location
    this.version = version
    this.encoding = encoding
    this.#client = client
    client.on('error', () => {
      this.#lost = true
    })
    client.on('end', () => {
      this.#lost = true
    })
  }

  /** Connects; read-only unless `write`. Throws `source-unreachable`, `interrupted`. */
  static async open(
    location: Location,
    signal: AbortSignal,
    o: { readonly name?: string; readonly write?: boolean } = {},
  ): Promise<Session> {
    throwIfInterrupted(signal)
    const client = new pg.Client(clientConfig(location, o.name ?? 'restitute'))
    // Without a listener a connection that breaks would end the process.
    client.on('error', () => {})
    const stopped = Promise.withResolvers<never>()
    stopped.promise.catch(() => {})
    // Not `end`: the driver leaves who waits for a connection that is ended meanwhile waiting for ever.
    const stop = (): void => stopped.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      const ready = connected(client, location, o.write === true)
      const { version, encoding } = await Promise.race([ready, stopped.promise])
      throwIfInterrupted(signal)
      return new Session(location, client, version, encoding)
    } catch (error) {
      if (signal.aborted) destroy(client)
      else await client.end().catch(() => {})
      throwIfInterrupted(signal)
      throw failure(`connect to ${placeOf(location)}`, error)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Whether it can still be used. */
  get alive(): boolean {
    return !this.#lost
  }

  /** Rows of one statement. Throws the server's error, or `interrupted` once the statement is cancelled. */
  async rows(signal: AbortSignal, sql: string, values: readonly (string | null)[] = []): Promise<Row[]> {
    return this.#cancellable(signal, async () => {
      const { rows } = await this.#client.query<(string | null)[]>({
        text: sql,
        values: [...values],
        rowMode: 'array',
      })
      return rows
    })
  }

  /** Any number of statements as one script: one transaction, unless one is open. */
  async script(signal: AbortSignal, sql: string): Promise<void> {
    await this.#cancellable(signal, async () => {
      await this.#client.query(sql)
    })
  }

  /** What bytes of a file are as a text of this session: {@link asUtf8} where the server has no encoding. */
  textOf(bytes: Buffer): string {
    return (isRaw(this.encoding) ? asUtf8(bytes) : bytes).toString('utf8')
  }

  /** What a text of this session is in a file. */
  bytesOf(text: string): Buffer {
    return isRaw(this.encoding) ? asBytes(text) : Buffer.from(text)
  }

  /** `COPY … TO STDOUT` in parts of whole rows ({@link CopyOut}). To be read to its end, or left: it is then cancelled. */
  async *copyOut(signal: AbortSignal, sql: string, partBytes: number): AsyncIterable<Rows> {
    throwIfInterrupted(signal)
    if (this.#lost) throw lost(this.location)
    const copy = this.#client.query(new CopyOut(sql, partBytes, this.#spare))
    using _cancelling = this.#cancelOn(signal)
    let ended = false
    try {
      for await (const part of copy.parts()) {
        throwIfInterrupted(signal)
        yield { ...part, content: this.#judging(signal, part.content) }
      }
      ended = true
    } catch (error) {
      ended = true
      throw this.#judged(signal, error)
    } finally {
      if (!ended) this.#abandon(copy)
    }
  }

  async *#judging<T>(signal: AbortSignal, content: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* content
    } catch (error) {
      throw this.#judged(signal, error)
    }
  }

  /** `COPY … FROM STDIN`: takes bytes, resolves when the server has taken them all; throws the server's error. */
  async copyIn(signal: AbortSignal, sql: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#cancellable(signal, async () => {
      const stream: Writable = this.#client.query(copyFrom(sql))
      const done = new Promise<void>((resolve, reject) =>
        stream.once('finish', resolve).once('error', reject),
      )
      done.catch(() => {})
      try {
        for await (const chunk of content) {
          if (!stream.write(chunk))
            await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done])
        }
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined)
        throw error
      }
      stream.end()
      await done
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost = true
    await this.#client.end().catch(() => {})
  }

  async #cancellable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfInterrupted(signal)
    if (this.#lost) throw lost(this.location)
    using _cancelling = this.#cancelOn(signal)
    try {
      return await work()
    } catch (error) {
      throw this.#judged(signal, error)
    }
  }

  /** Cancels what runs once the signal is set; a server that cannot be reached is not waited for. */
  #cancelOn(signal: AbortSignal): Disposable {
    let patience: NodeJS.Timeout | undefined
    const stop = (): void => {
      this.#cancel()
      patience = setTimeout(() => destroy(this.#client), patienceMs)
    }
    signal.addEventListener('abort', stop, { once: true })
    return {
      [Symbol.dispose]: () => {
        signal.removeEventListener('abort', stop)
        clearTimeout(patience)
      },
    }
  }

  #judged(signal: AbortSignal, error: unknown): unknown {
    if (isConnectionLoss(error)) this.#lost = true
    if (signal.aborted) {
      return new RestituteError('interrupted', 'interrupted before the end', { cause: error })
    }
    return this.#lost ? failure(`read ${placeOf(this.location)}`, error) : error
  }

  /** A reader who leaves early must not make the server send the rest. */
  #abandon(copy: CopyOut): void {
    this.#lost = true
    copy.drop()
    this.#cancel()
    this.#client.end().catch(() => {})
  }

  /** Asks the server to give up what runs; over a connection of its own, as the protocol has it. */
  #cancel(): void {
    const { processID, secretKey } = this.#client as unknown as { processID: number; secretKey: number }
    const { host, port } = this.location
    const request = Buffer.alloc(16)
    request.writeInt32BE(16, 0)
    request.writeInt32BE(80_877_102, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    socket.on('error', () => {})
    socket.end(request)
  }
}

/** The end of a session that somebody else ended. */
function lost(location: Location): RestituteError {
  return new RestituteError('source-unreachable', `read ${placeOf(location)}: the connection was lost`)
}

/** Gives the connection up without a word to the server. */
function destroy(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: Duplex } }
  connection.stream.destroy()
}
