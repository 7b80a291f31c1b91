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
import { longRow } from './csv-encoder.ts'
import { Definitions, type PlacedTable } from './definitions.ts'
import { failed, isLost } from './errors.ts'
import { type Frozen, freezeDatabase } from './freeze.ts'
import { heldByAll } from './holding.ts'
import { nameOf } from './location.ts'
import type { Table } from './schema.ts'
import { disposeAll, type Session } from './session.ts'
import { inPairs, type Slice, type SlicesOf, slicedShards, slicesIn, slicesOf } from './slices.ts'
import { type Entries, inTurn, oneAhead, type Work } from './streams.ts'
import { type Summed, sumsOf, type TableSum } from './sums.ts'
import { lossOfTable, type TablePlan, tableEntries, tableItem } from './table-entries.ts'

// Parts are held in memory, so that their sizes are known.
const largestPart = 16 * 1024 * 1024

/** What is to be read of a table in one shard, and in which parts. */
interface Cut {
  readonly partBytes: number
  readonly slices: readonly Slice[]
}

/** Those that read something; the first is enough. */
type Sessions = readonly [Session, ...Session[]]

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
  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    const definitions = this.#definitions
    const sums = await this.#guarded(() => this.#sums(signal))
    const tables = new Map(
      [...definitions.tables].map(([id, { table, folder }]) => {
        return [id, tableItem(this.#frozen, table, folder, sums.get(table.name))]
      }),
    )
    const lost = [...tables.values()].flatMap((item) => (item.lost === undefined ? [] : [item.id]))
    await this.#lose(lost, this.#frozen.session, signal)
    for (const id of [...tables.keys(), ...definitions.objects.keys()].sort(compareUtf8)) {
      throwIfInterrupted(signal)
      const object = definitions.objects.get(id)
      const table = tables.get(id)
      if (object) yield definitions.itemOf(object)
      if (table) yield table
    }
  }

  /** By all sessions; two of them give as much as one worker takes in. */
  async #sums(signal: AbortSignal): Promise<ReadonlyMap<string, Summed>> {
    const { session, tables } = this.#frozen
    const readable = tables.filter((table) => lossOfTable(table) === undefined)
    const alone = !(await heldByAll([session, ...this.#others], readable, signal))
    if (alone) await disposeAll(this.#others.splice(0))
    const sums = await sumsOf([session, ...this.#others], readable, signal)
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
      const beside = this.#others.length > 0 && this.#isNarrow(table)
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
  read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const partBytes = Number(shard.slice?.['partBytes'] ?? largestPart)
    return oneAhead(this.#works(items, { partBytes, slices: slicesIn(shard.slice) }), signal)
  }

  /** Only tables are begun ahead: what else there is may turn out to be lost with them. */
  async *#works(items: AsyncIterable<Item>, cut: Cut): AsyncIterable<Work> {
    let sessions: Sessions = [this.#frozen.session, ...this.#others]
    for await (const item of items) {
      const [first, ...others] = sessions
      sessions = others[0] ? [others[0], ...others.slice(1), first] : sessions
      const table = this.#definitions.tables.get(item.id)?.table
      const ahead = others.length > 0 && table !== undefined && this.#isNarrow(table)
      yield { begin: (signal) => this.#entriesOf(item, cut, [first, ...others], signal), ahead }
    }
  }

  /** Whether two sessions may read at once what each holds some rows of in memory. */
  #isNarrow({ name }: Table): boolean {
    return (this.#found.get(name)?.rows.longest ?? Infinity) <= longRow
  }

  async *#entriesOf(item: Item, cut: Cut, sessions: Sessions, signal: AbortSignal): Entries {
    throwIfInterrupted(signal)
    const placed = this.#definitions.tables.get(item.id)
    if (item.lost !== undefined && placed) await this.#lose([item.id], sessions[0], signal)
    const object = this.#definitions.objects.get(item.id)
    if (object) yield* this.#definitions.entriesOf(object)
    else if (placed) yield* this.#tableEntries(item, placed, { cut, sessions }, signal)
    else yield { item: item.id, lost: 'not in this view of the database' }
    const lost = item.lost ?? object?.lost
    if (lost !== undefined) yield { item: item.id, lost }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll([this.#frozen.session, ...this.#others.splice(0)])
  }

  /** Each session reads its own slices, one after the other; all do at once. */
  async *#tableEntries(
    { lost, digest, count }: Item,
    { table, folder }: PlacedTable,
    { cut: { partBytes, slices }, sessions }: { readonly cut: Cut; readonly sessions: Sessions },
    signal: AbortSignal,
  ): Entries {
    const known = lost === undefined ? table : { ...table, lost }
    const plan = { partBytes, folder, modified: this.#definitions.modified, digest, count }
    const plans = slices.length > 0 ? slices.map((slice) => ({ ...plan, slice })) : [plan]
    const reads = sessions.map((session, i) => {
      const own = plans.filter((_, n) => n % sessions.length === i)
      return (joint: AbortSignal) => this.#noted(session, known, own, joint)
    })
    try {
      yield* inTurn(reads, signal)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** What needs a table that turns out to be lost is lost, too: triggers and views are read after the tables. */
  async *#noted(
    session: Session,
    table: PlacedTable['table'],
    plans: readonly TablePlan[],
    signal: AbortSignal,
  ): Entries {
    for (const plan of plans) {
      for await (const one of tableEntries(session, table, plan, signal)) {
        if ('lost' in one) await this.#lose([one.item], session, signal)
        yield one
      }
    }
  }

  #lose(tables: readonly string[], session: Session, signal: AbortSignal): Promise<void> {
    return this.#guarded(() => this.#definitions.lose(tables, session, signal))
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
