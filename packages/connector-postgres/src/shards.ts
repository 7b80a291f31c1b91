import { type Item, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'
import type { Slice } from './copy.ts'

// Parts are held in memory, so that their sizes are known.
const largestPart = 16 * 1024 * 1024

/** What a shard's worker must know beside its items. */
export interface Cut {
  readonly partBytes: number
  /** Of the one table that the shard is a slice of. */
  readonly blocks?: Slice
}

/**
 * Shards of consecutive items; a table larger than the limit becomes shards of its own, each a range of its blocks. The
 * last range is open: what lies behind it is not in the view.
 */
export async function* cutShards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
  const partBytes = Math.min(limits.partBytes, largestPart)
  let [ordinal, first, bytes, shards] = [0, 1, 0, 0]
  const shard = (from: number, to: number, size: number, cut: Cut): Shard => ({
    ...{ id: shardId(++shards), first: from, last: to, bytes: size },
    slice: { ...cut } as unknown as JsonObject,
  })
  for await (const item of items) {
    ordinal++
    const slices = slicesOf(item, limits.bytes)
    const full = bytes + item.bytes > limits.bytes || ordinal - first >= limits.items
    if (ordinal > first && (full || slices.length > 0)) {
      yield shard(first, ordinal - 1, bytes, { partBytes })
      first = ordinal
      bytes = 0
    }
    for (const blocks of slices) {
      yield shard(ordinal, ordinal, Math.ceil(item.bytes / slices.length), { partBytes, blocks })
    }
    if (slices.length > 0) first = ordinal + 1
    else bytes += item.bytes
  }
  if (ordinal >= first) yield shard(first, ordinal, bytes, { partBytes })
}

function slicesOf({ kind, bytes, attributes }: Item, limit: number): Slice[] {
  const blocks = Number(attributes?.['lastBlock'] ?? 0) + 1
  const count =
    /^(table|materialized-rows)$/.test(kind) && bytes > limit ? Math.min(blocks, Math.ceil(bytes / limit)) : 1
  if (count < 2) return []
  const edge = (i: number): number => Math.floor((blocks * i) / count)
  return Array.from({ length: count }, (_, i) => ({
    ...{ slice: i + 1, of: count, from: edge(i) },
    ...(i + 1 < count ? { to: edge(i + 1) } : {}),
  }))
}
