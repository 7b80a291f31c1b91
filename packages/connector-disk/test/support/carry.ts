import { itemsOfShard } from '@restitute/conformance'
import {
  ContentHash,
  type Difference,
  type Entry,
  type EntryDigest,
  type Item,
  type KnownItem,
  knownItem,
  type Loss,
  type Shard,
  type ShardLimits,
} from '@restitute/core'
import { diskConnector } from '../../src/index.ts'

export const calm: AbortSignal = new AbortController().signal
const usual: ShardLimits = { bytes: 2 ** 30, items: 1000, partBytes: 2 ** 30 }

export async function* streamOf<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}

/** An entry with its content in memory. */
interface Held extends EntryDigest {
  readonly entry: Entry
  readonly bytes: Buffer
}

/** A source as it was exported. */
export interface Carried {
  readonly items: readonly Item[]
  readonly shards: readonly Shard[]
  readonly entries: readonly Held[]
  readonly losses: readonly Loss[]
  readonly known: readonly KnownItem[]
}

/** Exports a source whole; small ones only. */
export async function carry(url: string, limits: ShardLimits = usual): Promise<Carried> {
  await using exporter = await diskConnector.freeze({ name: 'guest', url }, calm)
  const items = await Array.fromAsync(exporter.inventory(calm))
  const shards = await Array.fromAsync(exporter.shards(streamOf(items), limits))
  const entries: Held[] = []
  const losses: Loss[] = []
  for (const shard of shards) {
    for await (const read of exporter.read(shard, streamOf(itemsOfShard(items, shard)), calm)) {
      if ('lost' in read) losses.push(read)
      else entries.push(await held(read))
    }
  }
  const known = items
    .filter(({ lost }) => lost === undefined)
    .map((item) =>
      knownItem(
        item,
        entries.filter(({ entry }) => entry.item === item.id),
      ),
    )
  return { items, shards, entries, losses, known }
}

async function held(entry: Entry): Promise<Held> {
  const hash = new ContentHash(entry)
  const bytes = Buffer.concat(await Array.fromAsync(entry.content(), (chunk) => Buffer.from(chunk)))
  await hash.take(bytes)
  const part = entry.part === undefined ? {} : { part: entry.part }
  return { entry, bytes, size: entry.size, sha256: await hash.digest(), ...part }
}

/** Restores what was exported, and tells how the target differs. */
export async function bringBack(carried: Carried, url: string): Promise<Difference[]> {
  const target = { name: 'guest', url }
  {
    await using restorer = await diskConnector.restore(target, calm)
    for (let phase = 0; phase < restorer.phases; phase++) {
      for (const { entry, bytes } of carried.entries) {
        if (restorer.phase(entry.path) !== phase) continue
        await restorer.accept({ ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []) }, calm)
      }
    }
    await restorer.finish(streamOf(carried.known), calm)
  }
  return Array.fromAsync(diskConnector.compare(target, streamOf(carried.known), calm))
}

/** Items by id, for assertions. */
export function idsOf({ items }: Carried): string[] {
  return items.map(({ id }) => id)
}

/** What an item holds, its parts joined. */
export function contentOf({ entries }: Carried, item: string): Buffer {
  const pieces = entries
    .filter(({ entry }) => entry.item === item)
    .map(({ entry, bytes }) => whole(entry, bytes))
  return Buffer.concat(pieces)
}

function whole({ size, extents }: Entry, bytes: Buffer): Buffer {
  if (extents === undefined) return bytes
  const into = Buffer.alloc(size)
  let at = 0
  for (const { offset, length } of extents) {
    bytes.copy(into, offset, at, at + length)
    at += length
  }
  return into
}
