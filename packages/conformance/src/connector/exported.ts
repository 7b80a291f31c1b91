import {
  ContentHash,
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
  readonly entry: Omit<Entry, 'content' | 'atHand'>
  readonly bytes: Buffer
  /** A copy of the content that was said to be in memory. */
  readonly atHand?: Buffer
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
  const own = streamOf(itemsOfShard(items, shard))
  const digests = new Map<string, string>()
  for await (const read of exporter.read(shard, own, signal)) {
    if ('lost' in read) yield read
    else {
      const whole = await readEntry(read, digests)
      digests.set(read.path, whole.sha256)
      yield whole
    }
  }
}

/** Those of its range without leader, each followed by those that it leads, wherever they stand. */
export function itemsOfShard(items: readonly Item[], { first, last }: Shard): Item[] {
  const followers = Map.groupBy(items, ({ leader }) => leader)
  const own = items.slice(first - 1, last).filter(({ leader }) => leader === undefined)
  return own.flatMap((item) => [item, ...(followers.get(item.id) ?? [])])
}

async function readEntry(entry: Entry, digests: ReadonlyMap<string, string>): Promise<ReadEntry> {
  const hash = new ContentHash(entry)
  const bytes = await bytesOf(entry.content())
  await hash.take(bytes)
  const linked = entry.link === undefined ? undefined : digests.get(entry.link)
  const { atHand, ...rest } = entry
  const { size, part, found } = rest
  const own = await hash.digest()
  entry.hashed?.(own)
  const sha256 = linked ?? own
  const known = { ...(part === undefined ? {} : { part }), ...(found === undefined ? {} : { found }) }
  return { entry: rest, bytes, size, sha256, ...known, ...(atHand && { atHand: Buffer.from(atHand) }) }
}

/** Bytes that the content of an entry must have. */
export function contentBytes({ type, size, extents }: ReadEntry['entry']): number {
  if (type === 'link') return 0
  return extents?.reduce((sum, { length }) => sum + length, 0) ?? size
}

/** The items as delivered, lost ones left out. */
export function knownItems({ items, entries }: Exported): KnownItem[] {
  const byItem = Map.groupBy(entries, ({ entry }) => entry.item)
  const files = (item: Item) => (byItem.get(item.id) ?? []).filter(({ entry }) => entry.type !== 'directory')
  return throughJson(
    items.filter((item) => item.lost === undefined).map((item) => knownItem(item, files(item))),
  )
}

/** An entry as it comes back out of a package. */
export function restored({ entry, bytes, atHand }: ReadEntry): RestoredEntry {
  return { ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []), atHand }
}

/** Path, size and digest of each entry: what must be the same however often a shard is read. */
export function fingerprints(entries: readonly ReadEntry[]): string[] {
  return entries.map(({ entry, sha256 }) => `${entry.path} ${entry.size} ${sha256}`)
}

/** A copy by way of JSON text. */
export function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
