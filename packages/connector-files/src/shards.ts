import { type Item, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'
import { numberOf } from './attributes.ts'
import { xattrLength } from './xattrs.ts'

/** A shard's tree file is made in memory, as one text, which ends at 512 MiB in this runtime. */
const mostXattrLength = 64 * 1024 * 1024

/** Which piece of a file a shard is, in bytes; `part` counts from 1 to `parts`. */
export interface Slice {
  readonly part: number
  readonly parts: number
  readonly offset: number
  readonly length: number
}

/** The shard that is being filled. */
interface Open {
  first: number
  bytes: number
  /** Names: of a file with several, all count where the first one is. */
  names: number
  /** Of the extended attributes, as often as they come in the tree file. */
  xattrs: number
}

/**
 * Like core's `consecutiveShards`, but a file larger than `partBytes` becomes one shard for each of its parts, so
 * that several workers share it.
 */
export async function* fileShards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
  let number = 0
  let ordinal = 0
  let open: Open = { first: 1, bytes: 0, names: 0, xattrs: 0 }
  for await (const item of items) {
    ordinal++
    const cut = isCut(item, limits)
    if (ordinal > open.first && (cut || isFull(open, item, limits))) {
      yield closed(open, ordinal - 1, ++number)
      open = { first: ordinal, bytes: 0, names: 0, xattrs: 0 }
    }
    open.bytes += bytesOf(item)
    open.names += namesOf(item)
    open.xattrs += xattrTextOf(item)
    if (!cut) continue
    for (const slice of slices(item.bytes, limits.partBytes)) yield sliced(slice, ordinal, ++number)
    open = { first: ordinal + 1, bytes: 0, names: 0, xattrs: 0 }
  }
  if (ordinal >= open.first) yield closed(open, ordinal, ++number)
}

function isCut(item: Item, limits: ShardLimits): boolean {
  return item.lost === undefined && bytesOf(item) > limits.partBytes
}

function isFull({ bytes, names, xattrs }: Open, item: Item, limits: ShardLimits): boolean {
  if (xattrs + xattrTextOf(item) > mostXattrLength) return true
  return bytes + bytesOf(item) > limits.bytes || names + namesOf(item) > limits.items
}

/** A later name of a file is read where its first one is. */
function bytesOf({ bytes, leader }: Item): number {
  return leader === undefined ? bytes : 0
}

function namesOf(item: Item): number {
  return item.leader === undefined ? (numberOf(item, 'nlink') ?? 1) : 0
}

function xattrTextOf(item: Item): number {
  return xattrLength(item) * namesOf(item)
}

function closed(open: Open, last: number, number: number): Shard {
  return { id: shardId(number), first: open.first, last, bytes: open.bytes }
}

function sliced(slice: Slice, ordinal: number, number: number): Shard {
  const { length } = slice
  return { id: shardId(number), first: ordinal, last: ordinal, bytes: length, slice: { ...slice } }
}

function* slices(bytes: number, partBytes: number): Iterable<Slice> {
  const parts = Math.ceil(bytes / partBytes)
  for (let part = 1; part <= parts; part++) {
    const offset = (part - 1) * partBytes
    yield { part, parts, offset, length: Math.min(partBytes, bytes - offset) }
  }
}

/** The slice that {@link fileShards} put into a shard, if any. */
export function sliceOf(shard: { readonly slice?: JsonObject }): Slice | undefined {
  const { slice } = shard
  if (slice === undefined) return undefined
  const [part, parts] = [Number(slice['part']), Number(slice['parts'])]
  return { part, parts, offset: Number(slice['offset']), length: Number(slice['length']) }
}
