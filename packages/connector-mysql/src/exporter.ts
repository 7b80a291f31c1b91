import {
  compareUtf8,
  type Entry,
  type Exporter,
  type Item,
  type Loss,
  type Passage,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { Definitions } from './definitions.ts'
import { failed, isLost } from './errors.ts'
import { type Frozen, freezeDatabase } from './freeze.ts'
import { nameOf } from './location.ts'
import { isNarrow, type Readers, readItems } from './read-items.ts'
import type { Table } from './schema.ts'
import { disposeAll, type Session } from './session.ts'
import { inPairs, type SlicesOf, slicedShards, slicesIn, slicesOf } from './slices.ts'
import { type Summed, sumsOf, type TableSum } from './sums.ts'
import { lossOfTable, tableItem } from './table-entries.ts'

// Parts are held in memory, so that their sizes are known.
const largestPart = 16 * 1024 * 1024

/** Reads a database in sessions that share one moment; every statement reads the moment at which they began. */
class MysqlExporter implements Exporter {
  readonly view: View
  readonly #frozen: Frozen
  readonly #others: Session[]
  readonly #definitions: Definitions
  /** What the inventory found of the tables, by name. */
  readonly #found = new Map<string, TableSum>()

  constructor(frozen: Frozen) {
    this.view = frozen.view
    this.#frozen = frozen
    this.#others = [...frozen.others]
    this.#definitions = new Definitions(frozen)
  }

  async *foreseen(signal: AbortSignal): AsyncIterable<string> {
    throwIfInterrupted(signal)
    const { objects, tables } = this.#definitions
    for (const { id, lost } of objects.values()) if (lost !== undefined) yield `${id}: ${lost}`
    for (const [id, { table }] of tables) {
      const lost = lossOfTable(table)
      if (lost !== undefined) yield `${id}: ${lost}`
    }
  }

  /** The tables are read first: what needs one that is lost is lost with it. */
  async *inventory(signal: AbortSignal, passage?: Passage): AsyncIterable<Item> {
    const definitions = this.#definitions
    const sums = await this.#guarded(() => this.#sums(signal, passage))
    const tables = new Map(
      [...definitions.tables].map(([id, { table, folder }]) => {
        return [id, tableItem(this.#frozen, table, folder, sums.get(table.name))]
      }),
    )
    const lost = [...tables.values()].flatMap((item) => (item.lost === undefined ? [] : [item.id]))
    await this.#guarded(() => definitions.lose(lost, this.#frozen.session, signal))
    for (const id of [...tables.keys(), ...definitions.objects.keys()].sort(compareUtf8)) {
      throwIfInterrupted(signal)
      const object = definitions.objects.get(id)
      const table = tables.get(id)
      if (object) yield definitions.itemOf(object)
      if (table) yield table
    }
  }

  /** By all sessions; two of them give as much as one worker takes in. */
  async #sums(signal: AbortSignal, passage?: Passage): Promise<ReadonlyMap<string, Summed>> {
    const { session, tables } = this.#frozen
    const readable = tables.filter((table) => lossOfTable(table) === undefined)
    const sums = await sumsOf([session, ...this.#others], readable, signal, passage)
    await disposeAll(this.#others.splice(1))
    for (const [name, sum] of sums) if (!('lost' in sum)) this.#found.set(name, sum)
    return sums
  }

  /**
   * A table larger than a shard is cut by ranges of its primary key, or, if it has no suitable one, by shares of its rows. Where there
   * are two sessions, a shard has two ranges.
   */
  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    const { signal } = new AbortController()
    const cut: SlicesOf = async (item) => {
      const [table, count] = [this.#definitions.tables.get(item.id)?.table, item.count]
      if (!table || item.lost !== undefined || count === undefined) return []
      const beside = this.#others.length > 0 && isNarrow(this.#longest(table))
      const share = limits.bytes / item.bytes / (beside ? 2 : 1)
      const size = {
        bytes: item.bytes,
        rows: count,
        stretches: this.#found.get(table.name)?.stretches ?? [],
        share,
      }
      const slices = await this.#guarded(() => slicesOf(this.#frozen.session, table, size, signal))
      return beside ? inPairs(slices, share) : slices
    }
    return slicedShards(items, limits, cut, { partBytes: Math.min(limits.partBytes, largestPart) })
  }

  /** While what was read of one table is taken, another session begins with the next one. */
  async *read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const partBytes = Number(shard.slice?.['partBytes'] ?? largestPart)
    const cut = { partBytes, slices: slicesIn(shard.slice) }
    const readers: Readers = {
      definitions: this.#definitions,
      sessions: [this.#frozen.session, ...this.#others],
      longest: (table) => this.#longest(table),
    }
    try {
      for await (const one of readItems(readers, items, cut, signal)) {
        yield 'lost' in one ? one : { ...one, content: () => this.#asked(one.content()) }
      }
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** The bytes of a long row are asked for only now. */
  async *#asked<T>(content: AsyncIterable<T>): AsyncIterable<T> {
    try {
      yield* content
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #longest({ name }: Table): number {
    return this.#found.get(name)?.rows.longest ?? Infinity
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll([this.#frozen.session, ...this.#others.splice(0)])
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
