import {
  consecutiveShards,
  type Entry,
  type Exporter,
  type Item,
  type Loss,
  RestituteError,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { damagedEntries, damagedId, damagedItem } from './damaged.ts'
import { type Frozen, freezeDatabase } from './freeze.ts'
import { integrityProblem } from './integrity.ts'
import {
  definitionsEntries,
  definitionsId,
  definitionsItem,
  type OpenDatabase,
  tableEntries,
  tableId,
  tableItem,
} from './items.ts'

// Parts are held in memory, so that their sizes are known.
const largestPart = 16 * 1024 * 1024

/**
 * Reads a database inside one read transaction, which `inventory` and `read` share. In WAL mode writers go on;
 * otherwise they wait until the exporter is disposed of. A damaged database is the one item `database`, lost, whose
 * files are entries all the same; definitions that need the application are lost and exported likewise.
 */
class SqliteExporter implements Exporter {
  readonly view: View
  #frozen: Frozen

  constructor(frozen: Frozen) {
    this.view = frozen.view
    this.#frozen = frozen
  }

  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    throwIfInterrupted(signal)
    const damage = await this.#damage(signal)
    if (damage !== undefined) {
      yield damagedItem(this.#frozen.address.file, damage, signal)
      return
    }
    const open = this.#open()
    yield definitionsItem(open)
    for (const table of open.schema.tables) {
      throwIfInterrupted(signal)
      yield tableItem(open, table, signal)
    }
  }

  /** A table is never cut across shards: one worker reads them all. */
  async *shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    const partBytes = Math.min(limits.partBytes, largestPart)
    for await (const shard of consecutiveShards(items, limits)) yield { ...shard, slice: { partBytes } }
  }

  async *read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const partBytes = Number(shard.slice?.['partBytes'] ?? largestPart)
    for await (const item of items) {
      throwIfInterrupted(signal)
      yield* this.#entriesOf(item, partBytes, signal)
      if (item.lost !== undefined) yield { item: item.id, lost: item.lost }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { content } = this.#frozen
    if (!('db' in content) || !content.db.isOpen) return
    content.db.close()
    await this.#frozen.tidy()
  }

  async *#entriesOf(item: Item, partBytes: number, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    if (item.id === damagedId) {
      const { address, modified } = this.#frozen
      yield* damagedEntries(address.file, { modified }, signal)
    } else if (item.id === definitionsId) {
      yield* definitionsEntries(this.#open())
    } else if (item.lost === undefined) {
      yield* this.#tableEntries(item, partBytes, signal)
    }
  }

  async *#tableEntries(item: Item, partBytes: number, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const open = this.#open()
    const table = open.schema.tables.find((candidate) => tableId(candidate) === item.id)
    if (table) yield* tableEntries(open, table, { partBytes, digest: item.digest }, signal)
    else yield { item: item.id, lost: 'not in this view of the database' }
  }

  async #damage(signal: AbortSignal): Promise<string | undefined> {
    const { content, address, bytes } = this.#frozen
    return 'damage' in content ? content.damage : integrityProblem(content.db, address, bytes, signal)
  }

  #open(): OpenDatabase {
    const { content } = this.#frozen
    if ('damage' in content) throw new RestituteError('source-view-lost', `damaged: ${content.damage}`)
    return content
  }
}

/** Freezes a view: see {@link freezeDatabase} for the errors. */
export async function openExporter(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  return new SqliteExporter(await freezeDatabase(source, signal))
}
