import { createHash } from 'node:crypto'
import {
  type Entry,
  type EntryDigest,
  type Exporter,
  type Item,
  type KnownItem,
  knownItem,
  type Loss,
  type RestoredEntry,
  type Shard,
  type ShardLimits,
} from '@restitute/core'
import { all, bytesOf, calm, streamOf } from '../check.ts'

/** Small enough that the sources of the cases give several shards and a cut item. */
export const limits: ShardLimits = { bytes: 64 * 1024, items: 3, partBytes: 16 * 1024 }

/** An entry with what its content was. */
export interface ReadEntry extends EntryDigest {
  readonly entry: Omit<Entry, 'content'>
  readonly bytes: Buffer
}

/** A whole source, read shard by shard in order. */
export interface Exported {
  readonly items: readonly Item[]
  readonly shards: readonly Shard[]
  readonly entries: readonly ReadEntry[]
  readonly losses: readonly Loss[]
}

/** Exports a source whole; what crosses between workers goes through JSON, as it will. */
export async function exportWhole(exporter: Exporter): Promise<Exported> {
  const items = throughJson(await all(exporter.inventory(calm())))
  const shards = throughJson(await all(exporter.shards(streamOf(items), limits)))
  const entries: ReadEntry[] = []
  const losses: Loss[] = []
  for (const shard of shards) {
    for await (const read of readShard(exporter, shard, items)) {
      if ('entry' in read) entries.push(read)
      else losses.push(read)
    }
  }
  return { items, shards, entries, losses }
}

/** The entries and losses of one shard of an inventory. */
export async function* readShard(
  exporter: Exporter,
  shard: Shard,
  items: readonly Item[],
  signal: AbortSignal = calm(),
): AsyncIterable<ReadEntry | Loss> {
  const own = streamOf(items.slice(shard.first - 1, shard.last))
  for await (const read of exporter.read(shard, own, signal)) {
    yield 'lost' in read ? read : await readEntry(read)
  }
}

async function readEntry(entry: Entry): Promise<ReadEntry> {
  const bytes = await bytesOf(entry.content())
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { size, part } = entry
  return { entry, bytes, size, sha256, ...(part === undefined ? {} : { part }) }
}

/** The items as delivered, lost ones left out. */
export function knownItems({ items, entries }: Exported): KnownItem[] {
  const byItem = Map.groupBy(entries, ({ entry }) => entry.item)
  const files = (item: Item) => (byItem.get(item.id) ?? []).filter(({ entry }) => entry.type === 'file')
  return throughJson(
    items.filter((item) => item.lost === undefined).map((item) => knownItem(item, files(item))),
  )
}

/** An entry as it comes back out of a package. */
export function restored({ entry, bytes }: ReadEntry): RestoredEntry {
  return { ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []) }
}

/** Path, size and digest of each entry: what must be the same however often a shard is read. */
export function fingerprints(entries: readonly ReadEntry[]): string[] {
  return entries.map(({ entry, sha256 }) => `${entry.path} ${entry.size} ${sha256}`)
}

/** A copy by way of JSON text. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
