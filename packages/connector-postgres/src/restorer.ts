import {
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { copyInSql, fileEncoding } from './copy.ts'
import { withHeader } from './csv-header.ts'
import { qualified, tableId } from './digest.ts'
import { failure, isServerError } from './errors.ts'
import { largeObjectScript, oidOf } from './large-objects.ts'
import { locationOf } from './location.ts'
import { RestoreTarget } from './restore-target.ts'
import { groups, runForeignKeysApart, withoutCommands, withoutForeignKeys } from './scripts.ts'
import { Session } from './session.ts'
import { triggersAs } from './settings.ts'
import { readTables, type Table } from './tables.ts'

// Definitions alone; data is streamed.
const largestScript = 512 * 1024 * 1024
const folder = 'data/definitions/'
const rounds = [
  /^data\/definitions\/[1235]-/,
  /^data\/(tables\/.*\.csv|sequences\/|large-objects\/.*\.bin)/,
  /^data\/definitions\/4-/,
]

/**
 * Rebuilds a database from the definitions and the CSV, under a name of its own until `finish`. The scripts run as the
 * role of the target's URL, on the server alone: no psql, and none of its commands. Throws `restore-failed`.
 */
class PostgresRestorer implements Restorer {
  readonly phases = rounds.length
  readonly #target: RestoreTarget
  #session: Session | undefined
  #tables: ReadonlyMap<string, Table> | undefined
  /** Columns of the CSV of each table, as its first part has them. */
  readonly #columns = new Map<string, readonly string[]>()
  /** Where the next piece of each large object goes. */
  #piece = { oid: '', offset: 0 }

  readonly #sample: boolean

  constructor(target: RestoreTarget, sample: boolean) {
    this.#target = target
    this.#sample = sample
  }

  /** Entries that are not wanted count to round 0, and are ignored there. */
  phase(path: string): number {
    return Math.max(0, roundOf(path))
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    if (entry.type !== 'file' || roundOf(entry.path) < 0) return
    throwIfInterrupted(signal)
    try {
      await this.#load(entry, signal)
    } catch (error) {
      throw failure(`load ${entry.path}`, error, 'restore-failed')
    }
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    try {
      await this.#finishItems(items, signal)
      await this.#close()
      await this.#target.runLast(signal)
      await this.#target.promote(signal)
    } catch (error) {
      throwIfInterrupted(signal)
      throw failure('restore', error, 'restore-failed')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    await this.#target.discard()
  }

  async #load(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const { path } = entry
    if (path.startsWith('data/tables/')) await this.#loadRows(entry, signal)
    else if (path.startsWith('data/large-objects/')) await this.#loadPiece(entry, signal)
    else if (path.startsWith('data/sequences/')) {
      const session = await this.#open(signal)
      await session.script(signal, session.textOf(await bytesOf(entry, signal)))
    } else await this.#run(path.slice(folder.length), await bytesOf(entry, signal), signal)
  }

  /** Each script in a session of its own: they change settings. Taken apart byte by byte: its encoding is the database's affair. */
  async #run(name: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    if (/^[12]-/.test(name)) return this.#target.inCluster(bytes, signal)
    if (/^5-/.test(name)) return this.#target.keepLast(bytes, signal)
    await using session = await Session.open(this.#target.building, signal, { write: true })
    const script = withoutCommands(bytes.toString('latin1'))
    const wanted = this.#sample ? withoutForeignKeys(script) : script
    const run = (piece: string): Promise<void> =>
      session.script(signal, session.textOf(Buffer.from(piece, 'latin1')))
    if (/^4-/.test(name) && (await this.#lacksRows(signal)))
      await runForeignKeysApart(wanted, run, isRowMissing)
    else for (const group of groups(wanted)) await run(group)
  }

  /** Whether the rows of a table were not delivered: none has even a header. */
  async #lacksRows(signal: AbortSignal): Promise<boolean> {
    const tables = await readTables(await this.#open(signal), signal)
    return tables.some(({ safeName }) => !this.#columns.has(safeName))
  }

  async #loadRows(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const [, safeName = '', file = ''] = /^data\/tables\/([^/]+)\/(.*)$/.exec(entry.path) ?? []
    const session = await this.#open(signal)
    this.#tables ??= new Map((await readTables(session, signal)).map((table) => [table.safeName, table]))
    const table = this.#tables.get(safeName)
    if (!table) throw new RestituteError('restore-failed', `expected a table for ${entry.path}, got none`)
    const first = file === '000001-000001.csv'
    const { names, content } = first
      ? await withHeader(entry.content(), (bytes) => session.textOf(bytes))
      : { names: undefined, content: entry.content() }
    if (names) this.#columns.set(safeName, names)
    const columns = this.#columns.get(safeName)
    if (!columns)
      throw new RestituteError('restore-failed', `${entry.path}: the first part of its table is missing`)
    await session.copyIn(
      signal,
      copyInSql(qualified(table), columns, first, fileEncoding(session.encoding)),
      content,
    )
  }

  async #loadPiece(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const [, oid = '', number] = /^data\/large-objects\/(\d+)\/(\d+)\.bin$/.exec(entry.path) ?? []
    const session = await this.#open(signal)
    if (Number(number) === 1) {
      await session.rows(signal, 'SELECT lo_create($1::oid)', [oid])
      this.#piece = { oid, offset: 0 }
    }
    if (this.#piece.oid !== oid)
      throw new RestituteError('restore-failed', `${entry.path}: a piece before it is missing`)
    const bytes = await bytesOf(entry, signal)
    const values = [oid, String(this.#piece.offset), `\\x${bytes.toString('hex')}`]
    await session.rows(signal, 'SELECT lo_put($1::oid, $2::int8, $3::bytea)', values)
    this.#piece.offset += bytes.length
  }

  /** What the items say beside their entries; and every table must be there. */
  async #finishItems(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    const session = await this.#open(signal)
    const tables = new Set((await readTables(session, signal)).map(tableId))
    for await (const item of items) {
      throwIfInterrupted(signal)
      if (item.kind === 'large-object') await finishLargeObject(session, item, signal)
      if (item.kind !== 'table' || item.lost !== undefined || tables.has(item.id)) continue
      throw new RestituteError('restore-failed', `restore: expected ${item.id}, got no such table`)
    }
  }

  async #open(signal: AbortSignal): Promise<Session> {
    if (this.#session?.alive) return this.#session
    this.#session = await Session.open(this.#target.building, signal, { write: true })
    await this.#session.script(signal, `SET synchronous_commit = off; ${triggersAs('replica')}`)
    return this.#session
  }

  async #close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]()
    this.#session = undefined
  }
}

/** Starts a restoration; throws `target-not-empty`, `source-unreachable`. */
export async function openRestorer(target: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  throwIfInterrupted(signal)
  return new PostgresRestorer(await RestoreTarget.open(locationOf(target), signal), target.sample === true)
}

async function finishLargeObject(session: Session, item: KnownItem, signal: AbortSignal): Promise<void> {
  const oid = oidOf(item.id)
  if (item.bytes === 0) await session.rows(signal, 'SELECT lo_create($1::oid)', [oid])
  await session.script(
    signal,
    largeObjectScript(oid, item.attributes as unknown as Parameters<typeof largeObjectScript>[1]),
  )
}

/** A row that a foreign key leads to. */
function isRowMissing(error: unknown): boolean {
  return isServerError(error) && error.code === '23503'
}

function roundOf(path: string): number {
  return rounds.findIndex((round) => round.test(path))
}

async function bytesOf(entry: RestoredEntry, signal: AbortSignal): Promise<Buffer> {
  const blocks: Uint8Array[] = []
  let bytes = 0
  for await (const block of entry.content()) {
    throwIfInterrupted(signal)
    bytes += block.length
    if (bytes > largestScript) {
      throw new RestituteError('hostile-input', `${entry.path}: expected at most ${largestScript} bytes`)
    }
    blocks.push(block)
  }
  return Buffer.concat(blocks)
}
