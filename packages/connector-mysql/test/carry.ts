import {
  type Connector,
  type Difference,
  type Entry,
  type Item,
  type KnownItem,
  type Loss,
  type RestoredEntry,
  type SourceSpec,
} from '@restitute/core'

/** A source, exported into memory. */
export interface Carried {
  readonly items: readonly Item[]
  readonly entries: readonly RestoredEntry[]
  readonly losses: readonly Loss[]
}

const { signal } = new AbortController()

/** Exports a source into memory. */
export async function exported(
  connector: Connector,
  source: SourceSpec,
  shardBytes = 1 << 20,
): Promise<Carried> {
  await using exporter = await connector.freeze(source, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  const entries: RestoredEntry[] = []
  const losses: Loss[] = []
  const limits = { bytes: shardBytes, items: 100, partBytes: 1 << 20 }
  for await (const shard of exporter.shards(streamOf(items), limits)) {
    const own = streamOf(items.slice(shard.first - 1, shard.last))
    for await (const read of exporter.read(shard, own, signal)) {
      if ('lost' in read) losses.push(read)
      else entries.push(await held(read))
    }
  }
  return { items, entries, losses }
}

/** Rebuilds it; the differences of the copy. Items that were lost are left out. */
export async function restored(
  connector: Connector,
  target: SourceSpec,
  carried: Carried,
): Promise<Difference[]> {
  const known = knownOf(carried)
  const held = new Set(known.map(({ id }) => id))
  const entries = carried.entries.filter(({ item }) => item === undefined || held.has(item))
  {
    await using restorer = await connector.restore(target, signal)
    for (let phase = 0; phase < restorer.phases; phase++) {
      for (const entry of entries.filter(({ path }) => restorer.phase(path) === phase)) {
        await restorer.accept(entry, signal)
      }
    }
    await restorer.finish(streamOf(known), signal)
  }
  return Array.fromAsync(connector.compare(target, streamOf(known), signal))
}

/** What was delivered. */
export function knownOf({ items, losses }: Carried): KnownItem[] {
  const lost = new Set(losses.map(({ item }) => item))
  return items.filter(({ id }) => !lost.has(id))
}

async function held(entry: Entry): Promise<RestoredEntry> {
  const bytes = Buffer.concat(await Array.fromAsync(entry.content()))
  return { ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []) }
}

/** These, one after the other. */
export async function* streamOf<T>(values: Iterable<T>): AsyncIterable<T> {
  yield* values
}
