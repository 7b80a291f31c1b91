import { type Item, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'

/** What a volume knows of its entries, and what V8 has not collected yet, takes memory for each of them: about 10 kB. */
const mostItems = 5000

/** Which piece of an object a shard is, in bytes; `part` counts from 1 to `parts`. */
export interface Slice {
  readonly part: number
  readonly parts: number
  readonly offset: number
  readonly length: number
}

/**
 * Consecutive items together, by bytes and by number; an object larger than `partBytes` becomes one shard for each of its
 * parts, so that several workers share it.
 */
export async function* objectShards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
  let [number, ordinal, first, bytes] = [0, 0, 1, 0]
  for await (const item of items) {
    ordinal++
    const cut = item.lost === undefined && item.bytes > limits.partBytes
    const full = bytes + item.bytes > limits.bytes || ordinal - first >= Math.min(limits.items, mostItems)
    if (ordinal > first && (cut || full)) {
      yield { id: shardId(++number), first, last: ordinal - 1, bytes }
      ;[first, bytes] = [ordinal, 0]
    }
    if (!cut) {
      bytes += item.bytes
      continue
    }
    for (const slice of slices(item.bytes, limits.partBytes)) {
      yield { id: shardId(++number), first: ordinal, last: ordinal, bytes: slice.length, slice: { ...slice } }
    }
    first = ordinal + 1
  }
  if (ordinal >= first) yield { id: shardId(++number), first, last: ordinal, bytes }
}

function* slices(bytes: number, partBytes: number): Iterable<Slice> {
  const parts = Math.ceil(bytes / partBytes)
  for (let part = 1; part <= parts; part++) {
    const offset = (part - 1) * partBytes
    yield { part, parts, offset, length: Math.min(partBytes, bytes - offset) }
  }
}

/** The slice of a shard, if it is one. */
export function sliceOf({ slice }: { readonly slice?: JsonObject }): Slice | undefined {
  if (slice === undefined) return undefined
  const [part, parts] = [Number(slice['part']), Number(slice['parts'])]
  return { part, parts, offset: Number(slice['offset']), length: Number(slice['length']) }
}
