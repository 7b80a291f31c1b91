import { type Item, type Json, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'
import { rowDigest } from './columns.ts'
import { joined, keySlices, type Stretch } from './key-slices.ts'
import { isInView, type Table } from './schema.ts'
import type { Session } from './session.ts'
import { quoteName } from './text.ts'

/** A range of a table's rows by the first column of its primary key: literals, the first included; or a share of them. */
export interface Slice {
  readonly number: number
  readonly from?: string
  readonly to?: string
  /** By the rows' digests: the server reads the whole table for each. */
  readonly share?: true
  /** How many there are. */
  readonly of?: number
  /** The next one, where both are read in one shard. */
  readonly beside?: Slice
}

/** Finds the slices of a large table, or none. */
export type SlicesOf = (item: Item, limits: ShardLimits) => Promise<readonly Slice[]>

/** As `consecutiveShards` of core, but an item larger than the limit is cut where `slicesOf` says so. */
export async function* slicedShards(
  items: AsyncIterable<Item>,
  limits: ShardLimits,
  slicesOf: SlicesOf,
  common: JsonObject,
): AsyncIterable<Shard> {
  let [ordinal, first, bytes, number] = [0, 1, 0, 0]
  const upTo = (last: number): Shard => {
    const shard = { id: shardId(++number), first, last, bytes, slice: common }
    ;[first, bytes] = [last + 1, 0]
    return shard
  }
  for await (const item of items) {
    ordinal++
    const before = ordinal - first
    const slices = item.bytes > limits.bytes ? await slicesOf(item, limits) : []
    if (before > 0 && (slices.length > 1 || bytes + item.bytes > limits.bytes || before >= limits.items)) {
      yield upTo(ordinal - 1)
    }
    if (slices.length > 1) {
      const share = Math.ceil(item.bytes / slices.length)
      for (const slice of slices) {
        yield {
          id: shardId(++number),
          first: ordinal,
          last: ordinal,
          bytes: share,
          slice: { ...common, ...partOf(slice) },
        }
      }
      first = ordinal + 1
    } else bytes += item.bytes
  }
  if (ordinal >= first) yield upTo(ordinal)
}

/** What is known of a table that is to be cut. */
export interface TableSize {
  readonly bytes: number
  readonly rows: number
  /** Of its key, if it was read in stretches. */
  readonly stretches: readonly Stretch[]
  /** How much of it a slice holds at most, between 0 and 1. */
  readonly share: number
}

/** A volume holds less than 4 GiB; a share costs reading the whole table, so they are few. */
const largestShare = 1024 ** 3
const nearlyAll = 0.9

/**
 * Cuts a table by its key, so that no slice has more than its share; where that does not allow it, and a volume would not hold the
 * table, by shares of another kind. None of a table without a view, whose rows may change from one slice to the next.
 */
export async function slicesOf(
  session: Session,
  table: Table,
  size: TableSize,
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  if (!isInView(table)) return []
  const known = joined(size.stretches, size.share)
  const slices = known.length > 0 ? known : await keySlices(session, table, size, signal)
  const needed = Math.ceil(size.bytes / largestShare)
  return slices.length + 1 < needed ? shares(needed) : slices
}

function shares(of: number): Slice[] {
  return Array.from({ length: of }, (_, i) => ({ number: i + 1, of, share: true }))
}

/**
 * Two and two, for one shard each. Not shares: for each of them the server reads the whole table; nor slices that are fewer than
 * their share allows: where the first column of a key repeats, one may hold far more than that.
 */
export function inPairs(slices: readonly Slice[], most: number): readonly Slice[] {
  if (slices.some(({ share }) => share) || slices.length * most < nearlyAll) return slices
  return slices.flatMap((slice, i) => {
    const beside = slices[i + 1]
    return i % 2 === 1 ? [] : [beside ? { ...slice, beside } : slice]
  })
}

/** A slice as it stands in the private part of a shard: what {@link slicesIn} reads. */
function partOf({ beside, ...slice }: Slice): JsonObject {
  return { ...slice, ...(beside ? { beside: partOf(beside) } : {}) }
}

/** The slices that a shard's private part names, one or two; none for a table in one piece. */
export function slicesIn(shard: Json | undefined): readonly Slice[] {
  const slice = sliceIn(shard as JsonObject | undefined)
  return slice ? [slice, ...slicesIn((shard as JsonObject)['beside'])] : []
}

function sliceIn(shard: JsonObject | undefined): Slice | undefined {
  const { number, of, from, to, share } = shard ?? {}
  if (typeof number !== 'number') return undefined
  return {
    number,
    ...(typeof of === 'number' ? { of } : {}),
    ...(typeof from === 'string' ? { from } : {}),
    ...(typeof to === 'string' ? { to } : {}),
    ...(share === true ? { share } : {}),
  }
}

/** The condition that reads a slice. */
export function whereOf(table: Table, slice: Slice | undefined): string {
  if (slice?.share) return ` WHERE MOD(CRC32(${rowDigest(table)}),${slice.of}) = ${slice.number - 1}`
  const key = quoteName(table.key[0] ?? '')
  const parts = [
    ...(slice?.from === undefined ? [] : [`${key} >= ${slice.from}`]),
    ...(slice?.to === undefined ? [] : [`${key} < ${slice.to}`]),
  ]
  return parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : ''
}
