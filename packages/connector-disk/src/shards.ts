import { type Item, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'
import { countParts, partBytesOf, partsOf } from './content/parts.ts'

/** Which parts of an item a shard holds. */
export interface Slice {
  /** Numbers of parts, from 1, both inclusive. */
  readonly first: number
  readonly last: number
  readonly partBytes: number
}

/** How many bytes of a range hold data. */
export type Measure = (item: Item, range: { offset: number; length: number }) => Promise<number>

/** Parts of one shard at most, and bytes of disk, most of them holes. */
const mostParts = 4096
const mostBytes = 256 * 2 ** 30

/** The shard that is being filled. */
interface Open {
  first: number
  bytes: number
}

/**
 * Small items lie together; an item that is cut becomes shards of consecutive parts, as many as hold `limits.bytes` of
 * data together, so that several workers share a disk and holes weigh nothing.
 */
export async function* diskShards(
  items: AsyncIterable<Item>,
  limits: ShardLimits,
  measure: Measure,
): AsyncIterable<Shard> {
  let number = 0
  let ordinal = 0
  let open: Open = { first: 1, bytes: 0 }
  for await (const item of items) {
    ordinal++
    const cut = isCut(item, limits)
    const full = open.bytes + item.bytes > limits.bytes || ordinal - open.first >= limits.items
    if (ordinal > open.first && (cut || full)) {
      yield { id: shardId(++number), first: open.first, last: ordinal - 1, bytes: open.bytes }
      open = { first: ordinal, bytes: 0 }
    }
    open.bytes += item.bytes
    if (!cut) continue
    for await (const { bytes, ...slice } of slices(item, limits, measure)) {
      yield { id: shardId(++number), first: ordinal, last: ordinal, bytes, slice: { ...slice } }
    }
    open = { first: ordinal + 1, bytes: 0 }
  }
  if (ordinal >= open.first) yield { id: shardId(++number), ...open, last: ordinal }
}

function isCut({ bytes }: Item, limits: ShardLimits): boolean {
  return bytes > partBytesOf(bytes, limits.partBytes)
}

async function* slices(
  item: Item,
  limits: ShardLimits,
  measure: Measure,
): AsyncIterable<Slice & { readonly bytes: number }> {
  const partBytes = partBytesOf(item.bytes, limits.partBytes)
  const count = countParts(item.bytes, partBytes)
  let [first, bytes] = [1, 0]
  for (const part of partsOf(item.bytes, partBytes, 1, count)) {
    const more = await measure(item, part)
    const parts = part.number - first
    const full = bytes + more > limits.bytes || parts >= mostParts || (parts + 1) * partBytes > mostBytes
    if (parts > 0 && full) {
      yield { first, last: part.number - 1, partBytes, bytes }
      ;[first, bytes] = [part.number, 0]
    }
    bytes += more
  }
  yield { first, last: count, partBytes, bytes }
}

/** The slice that {@link diskShards} put into a shard, if any. */
export function sliceOf({ slice }: { readonly slice?: JsonObject }): Slice | undefined {
  if (slice === undefined) return undefined
  return {
    first: Number(slice['first']),
    last: Number(slice['last']),
    partBytes: Number(slice['partBytes']),
  }
}
