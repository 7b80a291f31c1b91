import { type Item, type Shard, type ShardLimits, shardId } from '@restitute/core'

/** Most bytes of one item in one shard: its volume must stay below 4 GiB. */
const mostBytes = 3 * 1024 ** 3

/** Which parts of its item a shard brings: from `firstPart` to `lastPart`, of `partBytes` each. */
export interface Slice {
  readonly partBytes: number
  /** From 1; with `lastPart` for an item that several shards share. */
  readonly firstPart?: number
  readonly lastPart?: number
}

/** The shard that is being filled. */
interface Open {
  first: number
  bytes: number
}

/**
 * Like core's `consecutiveShards`, but a blob too large for one volume becomes several shards. Each of them reads the
 * whole blob, since only the whole can be proven, and brings its own parts.
 */
export async function* imageShards(
  items: AsyncIterable<Item>,
  { bytes: full, items: most, partBytes }: ShardLimits,
  sliceBytes: number = mostBytes,
): AsyncIterable<Shard> {
  const partsAtOnce = Math.max(1, Math.floor(sliceBytes / partBytes))
  let [number, ordinal] = [0, 0]
  let open: Open = { first: 1, bytes: 0 }
  const close = (last: number): Shard => {
    return { id: shardId(++number), first: open.first, last, bytes: open.bytes, slice: { partBytes } }
  }
  for await (const item of items) {
    ordinal++
    const count = ordinal - open.first
    const isCut = item.lost === undefined && item.bytes > partsAtOnce * partBytes
    if (count > 0 && (isCut || open.bytes + item.bytes > full || count >= most)) {
      yield close(ordinal - 1)
      open = { first: ordinal, bytes: 0 }
    }
    open.bytes += item.bytes
    if (!isCut) continue
    for (const { bytes, ...slice } of slices(item.bytes, partBytes, partsAtOnce)) {
      yield { id: shardId(++number), first: ordinal, last: ordinal, bytes, slice: { ...slice } }
    }
    open = { first: ordinal + 1, bytes: 0 }
  }
  if (ordinal >= open.first) yield close(ordinal)
}

function* slices(
  bytes: number,
  partBytes: number,
  partsAtOnce: number,
): Iterable<Required<Slice> & { bytes: number }> {
  const parts = Math.ceil(bytes / partBytes)
  for (let firstPart = 1; firstPart <= parts; firstPart += partsAtOnce) {
    const lastPart = Math.min(parts, firstPart + partsAtOnce - 1)
    const length = Math.min(bytes, lastPart * partBytes) - (firstPart - 1) * partBytes
    yield { partBytes, firstPart, lastPart, bytes: length }
  }
}

/** The slice that {@link imageShards} put into a shard. */
export function sliceOf({ slice }: Shard): Slice {
  const [partBytes, firstPart, lastPart] = [slice?.['partBytes'], slice?.['firstPart'], slice?.['lastPart']]
  return {
    partBytes: Number(partBytes),
    ...(firstPart !== undefined && { firstPart: Number(firstPart), lastPart: Number(lastPart) }),
  }
}
