import { Readable } from 'node:stream'
import { throwIfInterrupted } from '@restitute/core'
import type { Connection, Query } from 'mysql2'
import { connected } from './connecting.ts'
import { failed } from './errors.ts'
import { type Location, nameOf } from './location.ts'
import { type Row, type RowQuery, rowOf } from './packets.ts'
import { patience, type Reading, type RowSink, SessionReading } from './reading.ts'

const year = 31_536_000
const packetBytes = 128 * 1024

/**
 * As the server gives them: no time zone, no mode and no limit of the server's configuration plays a part, nor where on its
 * disks a table lies, which no copy can repeat.
 */
const settings = [
  "SET NAMES utf8mb4 COLLATE utf8mb4_bin, sql_mode='NO_DIR_IN_CREATE', time_zone='+00:00', sql_quote_show_create=1, lock_wait_timeout=30",
  `SET sql_select_limit=DEFAULT, sql_big_selects=1, max_join_size=DEFAULT, wait_timeout=${year}, net_write_timeout=${year}, net_read_timeout=600`,
]
const mariadbSettings = [
  'SET idle_transaction_timeout=0, idle_readonly_transaction_timeout=0, old_mode=DEFAULT',
]
/** Sizes as they are now, and every column that there is. */
const mysqlSettings = [
  'SET information_schema_stats_expiry=0',
  'SET show_gipk_in_create_table_and_information_schema=ON',
]

/** One session on a server. Statements are run one after the other. */
export class Session implements AsyncDisposable {
  readonly location: Location
  readonly mariadb: boolean
  /** For instance `10.11.19-MariaDB-log`. */
  readonly version: string
  #connection: Connection
  #id: string
  #began = false
  #lost: unknown

  private constructor(location: Location, connection: Connection, id: string, version: string) {
    this.location = location
    this.version = version
    this.mariadb = /mariadb/i.test(version)
    this.#connection = connection
    this.#id = id
    // Without a listener, a connection that breaks between statements would end the process.
    connection.on('error', (error: unknown) => (this.#lost = error))
  }

  /** Opens a session, without a database unless asked for; throws `source-unreachable`, `interrupted`. */
  static async open(location: Location, signal: AbortSignal, database?: string): Promise<Session> {
    throwIfInterrupted(signal)
    try {
      const connection = await connected(location, database, signal)
      return await Session.#on(connection, location).catch((error: unknown) => {
        connection.destroy()
        throw error
      })
    } catch (error) {
      throw failed('source-unreachable', `connect to ${nameOf(location)}`, error)
    }
  }

  static async #on(connection: Connection, location: Location): Promise<Session> {
    const [[id, version] = []] = await rowsOf(connection, 'SELECT CONNECTION_ID(), VERSION()')
    const session = new Session(location, connection, String(id), String(version))
    for (const sql of settings) await session.run(sql)
    for (const sql of session.mariadb ? mariadbSettings : mysqlSettings)
      await session.run(sql).catch(() => undefined)
    await session.run(session.#timeLimit())
    return session
  }

  /** Begins a transaction that reads one moment; from then on reading outside of it is an error. */
  async begin(signal: AbortSignal): Promise<void> {
    await this.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ', signal)
    await this.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', signal)
    this.#began = true
  }

  /** MySQL's limit is of SELECT alone, in milliseconds. */
  #timeLimit(): string {
    const { statementTimeout } = this.location
    return this.mariadb
      ? `SET max_statement_time=${statementTimeout}`
      : `SET max_execution_time=${statementTimeout * 1000}`
  }

  /** Whether the connection has broken. */
  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** All rows of a small result. Server errors are thrown as they come. */
  async rows(sql: string, signal?: AbortSignal): Promise<Row[]> {
    return this.#watched(signal, () => rowsOf(this.#connection, sql))
  }

  /** All rows of a small result, as texts; NULL is undefined. */
  async texts(sql: string, signal?: AbortSignal): Promise<(string | undefined)[][]> {
    const rows = await this.rows(sql, signal)
    return rows.map((row) => row.map((value) => value?.toString()))
  }

  /** Runs a statement that gives no rows, or whose rows do not matter. */
  async run(sql: string, signal?: AbortSignal): Promise<void> {
    await this.rows(sql, signal)
  }

  /** Runs LOAD DATA LOCAL with this content, whatever file name the statement gives. */
  async load(sql: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const infileStreamFactory = (): Readable => Readable.from(packets(content), { objectMode: false })
    await this.#watched(signal, () =>
      finished(this.#connection, () => this.#connection.query({ sql, infileStreamFactory } as never)),
    )
  }

  /** Starts a statement whose rows go to a sink as raw packets. Dispose of it before the next statement. */
  read(sql: string, sink: RowSink, signal: AbortSignal): Reading {
    if (this.#lost !== undefined) throw this.#lost
    const reading = new SessionReading(
      this.#connection,
      sql,
      sink,
      { kill: () => this.#kill(), giveUp: () => this.#giveUp() },
      signal,
    )
    reading.inTransaction = this.#began
    return reading
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lost !== undefined) return this.#connection.destroy()
    const ended = Promise.withResolvers<void>()
    // Over TLS mysql2 does not tell: the timer alone then keeps the process until this is done.
    const timer = setTimeout(ended.resolve, 1000)
    this.#connection.once('end', ended.resolve)
    this.#connection.end()
    await ended.promise
    clearTimeout(timer)
    this.#connection.destroy()
  }

  /** A statement that ends as interrupted when the signal says so: the server stops working on it, too. */
  async #watched<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    throwIfInterrupted(signal)
    if (this.#lost !== undefined) throw this.#lost
    let late: NodeJS.Timeout | undefined
    const kill = (): void => {
      void this.#kill()
      late = setTimeout(() => this.#giveUp(), patience)
    }
    signal?.addEventListener('abort', kill, { once: true })
    try {
      return await work()
    } catch (error) {
      throwIfInterrupted(signal)
      throw error
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', kill)
    }
  }

  /** Ends the statement that is running, not the session. */
  async #kill(): Promise<void> {
    try {
      const other = await connected(this.location, undefined, AbortSignal.timeout(5000))
      await finished(other, () => other.query(`KILL QUERY ${this.#id}`)).finally(() => other.destroy())
    } catch {
      // Without a second session the first one is given up.
      this.#giveUp()
    }
  }

  /** The server then ends the session. mysql2 tells nobody who waits for it. */
  #giveUp(): void {
    this.#connection.destroy()
    const lost = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }
    this.#connection.emit('error', Object.assign(new Error('given up: the server does not answer'), lost))
  }
}

/** Ends sessions. */
export async function disposeAll(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()))
}

/** Each chunk becomes a packet, and the server takes none above its max_allowed_packet. */
async function* packets(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const chunk of content) {
    for (let i = 0; i < chunk.length; i += packetBytes) yield chunk.subarray(i, i + packetBytes)
  }
}

async function rowsOf(connection: Connection, sql: string): Promise<Row[]> {
  const rows: Row[] = []
  await finished(connection, () => {
    const query = connection.query({ sql, rowsAsArray: true }) as unknown as Query & RowQuery
    const end = query.row
    query.row = (packet, of) => {
      if (packet.isEOF()) return end.call(query, packet, of)
      rows.push(rowOf(packet))
      return query.row
    }
    return query
  })
  return rows
}

/** mysql2 tells a broken connection to the connection alone, and one that has ended within the call. */
function finished(connection: Connection, start: () => Query): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    connection.once('error', reject)
    const query = start()
    query.once('error', reject)
    query.once('end', () => {
      connection.removeListener('error', reject)
      resolve()
    })
  })
}
