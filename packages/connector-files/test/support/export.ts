import { itemsOfShard } from '@restitute/conformance'
import type { Entry, Exporter, Item, Loss, Shard, ShardLimits } from '@restitute/core'
import { filesConnector } from '../../src/index.ts'

export const calm: AbortSignal = new AbortController().signal

export const wide: ShardLimits = { bytes: 2 ** 40, items: 1e6, partBytes: 2 ** 30 }

export async function* streamOf<T>(values: readonly T[]): AsyncIterable<T> {
  yield* values
}

export function freeze(root: string): Promise<Exporter> {
  return filesConnector.freeze({ name: 'tree', url: `files:${root}` }, calm)
}

export async function inventory(root: string): Promise<Item[]> {
  await using exporter = await freeze(root)
  return await Array.fromAsync(exporter.inventory(calm))
}

/** A tree that lies in one shard. */
export async function inventoried(
  root: string,
): Promise<{ exporter: Exporter; items: Item[]; shard: Shard }> {
  const exporter = await freeze(root)
  const items = await Array.fromAsync(exporter.inventory(calm))
  const [shard] = await Array.fromAsync(exporter.shards(streamOf(items), wide))
  if (shard === undefined) throw new Error('no shard')
  return { exporter, items, shard }
}

export async function text(entry: Pick<Entry, 'content'>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(entry.content())).toString('latin1')
}

/** Everything of one shard, contents as text. */
export async function readAll(
  exporter: Exporter,
  shard: Shard,
  items: readonly Item[],
): Promise<{ entries: Map<string, string>; losses: Loss[] }> {
  const entries = new Map<string, string>()
  const losses: Loss[] = []
  for await (const read of exporter.read(shard, streamOf(itemsOfShard(items, shard)), calm)) {
    if ('lost' in read) losses.push(read)
    else entries.set(read.path, await text(read))
  }
  return { entries, losses }
}
