import { createHash } from 'node:crypto'
import {
  compareUtf8,
  type Entry,
  type Exporter,
  type Item,
  type Loss,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { isAccountId } from './account-objects.ts'
import { contentsFile, contentsOf } from './contents.ts'
import type { DefinedObject } from './defined-object.ts'
import { fileEntry } from './entries.ts'
import { failed, isLost } from './errors.ts'
import { type DefinedTable, type Frozen, freezeDatabase, without } from './freeze.ts'
import { nameOf } from './location.ts'
import { hasRows } from './schema.ts'
import { disposeAll, type Session } from './session.ts'
import { type SlicesOf, slicedShards, sliceIn, slicesOf } from './slices.ts'
import { type Summed, sumsOf } from './sums.ts'
import {
  lossOfTable,
  type TablePlan,
  tableEntries,
  tableFolders,
  tableId,
  tableItem,
} from './table-entries.ts'

// Parts are held in memory, so that their sizes are known.
const largestPart = 16 * 1024 * 1024

/** Reads a database in one session inside one transaction; every statement reads the moment at which it began. */
class MysqlExporter implements Exporter {
  readonly view: View
  readonly #frozen: Frozen
  readonly #others: Session[]
  readonly #modified: bigint
  readonly #tables: ReadonlyMap<string, { readonly table: DefinedTable; readonly folder: string }>
  #objects: ReadonlyMap<string, DefinedObject>
  /** Tables that were not read to their end. */
  readonly #unread = new Set<string>()

  constructor(frozen: Frozen) {
    this.view = frozen.view
    this.#frozen = frozen
    this.#others = [...frozen.others]
    this.#modified = BigInt(Date.parse(frozen.view.takenAt)) * 1_000_000n
    const folders = tableFolders(frozen.tables)
    this.#tables = new Map(
      frozen.tables.map((table, i) => [tableId(table), { table, folder: folders[i] ?? '' }]),
    )
    this.#objects = byId(frozen.objects)
  }

  async *foreseen(signal: AbortSignal): AsyncIterable<string> {
    throwIfInterrupted(signal)
    for (const { id, lost } of this.#objects.values()) if (lost !== undefined) yield `${id}: ${lost}`
    for (const [id, { table }] of this.#tables) {
      const lost = lossOfTable(table)
      if (lost !== undefined) yield `${id}: ${lost}`
    }
  }

  /** The tables are read first: what needs one that is lost is lost with it. */
  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    const sums = await this.#guarded(() => this.#sums(signal))
    const tables = new Map(
      [...this.#tables].map(([id, { table, folder }]) => {
        return [id, tableItem(this.#frozen, table, folder, sums.get(table.name))]
      }),
    )
    const lost = [...tables.values()].filter((item) => item.lost !== undefined)
    await this.#lose(
      lost.map(({ id }) => id),
      signal,
    )
    for (const id of [...tables.keys(), ...this.#objects.keys()].sort(compareUtf8)) {
      throwIfInterrupted(signal)
      const object = this.#objects.get(id)
      const table = tables.get(id)
      if (object) yield this.#objectItem(object)
      if (table) yield table
    }
  }

  /** By all sessions; once they have read everything, one is enough. */
  async #sums(signal: AbortSignal): Promise<ReadonlyMap<string, Summed>> {
    const { session, tables } = this.#frozen
    const readable = tables.filter((table) => lossOfTable(table) === undefined)
    const sums = await sumsOf([session, ...this.#others], readable, signal)
    await disposeAll(this.#others.splice(0))
    return sums
  }

  /** A table larger than a shard is cut by ranges of its primary key, or, if it has no suitable one, by shares of its rows. */
  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    const { signal } = new AbortController()
    const cut: SlicesOf = async (item) => {
      const [table, count] = [this.#tables.get(item.id)?.table, item.count]
      if (!table || item.lost !== undefined || count === undefined) return []
      const rows = Math.ceil((count * limits.bytes) / item.bytes)
      return this.#guarded(() => slicesOf(this.#frozen.session, table, { rows, bytes: item.bytes }, signal))
    }
    return slicedShards(items, limits, cut, { partBytes: Math.min(limits.partBytes, largestPart) })
  }

  async *read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const partBytes = Number(shard.slice?.['partBytes'] ?? largestPart)
    for await (const item of items) {
      throwIfInterrupted(signal)
      if (item.lost !== undefined && this.#tables.has(item.id)) await this.#lose([item.id], signal)
      yield* this.#entriesOf(item, { partBytes, slice: sliceIn(shard.slice) }, signal)
      const lost = item.lost ?? this.#objects.get(item.id)?.lost
      if (lost !== undefined) yield { item: item.id, lost }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll([this.#frozen.session, ...this.#others.splice(0)])
  }

  async *#entriesOf(
    item: Item,
    cut: Pick<TablePlan, 'partBytes' | 'slice'>,
    signal: AbortSignal,
  ): AsyncIterable<Entry | Loss> {
    const [object, found] = [this.#objects.get(item.id), this.#tables.get(item.id)]
    const modified = this.#modified
    if (object) {
      for (const { path, text } of object.files) {
        yield fileEntry({ path: `data/native/${path}`, item: item.id, content: Buffer.from(text), modified })
      }
      if (object.kind === 'database') yield this.#contentsEntry(item.id)
    } else if (found) {
      const { lost, digest, count } = item
      const plan = { ...cut, folder: found.folder, modified, digest, count }
      const table = lost === undefined ? found.table : { ...found.table, lost }
      try {
        yield* this.#noted(tableEntries(this.#frozen, table, plan, signal), signal)
      } catch (error) {
        throw this.#failed(error)
      }
    } else yield { item: item.id, lost: 'not in this view of the database' }
  }

  #contentsEntry(item: string): Entry {
    const [path, content] = [`data/native/${contentsFile}`, Buffer.from(this.#contents())]
    return fileEntry({ path, item, content, modified: this.#modified })
  }

  #contents(): string {
    const made = [...this.#tables].filter(
      ([id, { table }]) => !this.#unread.has(id) && lossOfTable(table) === undefined,
    )
    return contentsOf(
      this.#objects.values(),
      made.map(([, { folder, table }]) => ({ folder, rows: hasRows(table) })),
    )
  }

  /** The database comes anew when something else is to be loaded. */
  #objectItem(object: DefinedObject): Item {
    const item = objectItem(object)
    return object.kind === 'database' ? { ...item, mark: digestOf(item.mark + this.#contents()) } : item
  }

  /** Triggers and views are read after the tables. */
  async *#noted(entries: AsyncIterable<Entry | Loss>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    for await (const one of entries) {
      if ('lost' in one) await this.#lose([one.item], signal)
      yield one
    }
  }

  /** What needs these tables is lost, too. */
  async #lose(tables: readonly string[], signal: AbortSignal): Promise<void> {
    const before = this.#unread.size
    for (const id of tables) this.#unread.add(id)
    if (this.#unread.size === before) return
    const objects = [...this.#objects.values()]
    const accounts = objects.some(({ id }) => isAccountId(id))
    const left = await this.#guarded(() =>
      without(this.#frozen.session, objects, this.#unread, accounts, signal),
    )
    this.#objects = byId(left)
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** Without the session the view is gone; else the same may be tried again in it. */
  #failed(error: unknown): Error {
    const code = isLost(error) ? 'source-view-lost' : 'source-unreachable'
    return failed(code, `read ${nameOf(this.#frozen.session.location)}`, error)
  }
}

/** Freezes a view: see {@link freezeDatabase} for the errors. */
export async function openExporter(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  return new MysqlExporter(await freezeDatabase(source, signal, true))
}

/** The same without the accounts. */
export async function openContent(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  return new MysqlExporter(await freezeDatabase(source, signal, false))
}

function byId(objects: readonly DefinedObject[]): Map<string, DefinedObject> {
  return new Map(objects.map((object) => [object.id, object]))
}

function objectItem(object: DefinedObject): Item {
  const { id, kind, lost } = object
  const bytes = object.files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  const digest = digestOf(object.meaning)
  // What is delivered of it counts, too: beside a new name that differs in case alone its files have other ones, and some scripts
  // end by giving the database its collation back.
  const mark = digestOf(JSON.stringify([digest, ...object.files]))
  return { id, kind, bytes, mark, digest, ...(lost === undefined ? {} : { lost }) }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
