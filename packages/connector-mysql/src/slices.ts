import { type Item, type JsonObject, type Shard, type ShardLimits, shardId } from '@restitute/core'
import { rowDigest } from './columns.ts'
import { type Column, isInView, type Table } from './schema.ts'
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
          slice: { ...common, ...slice },
        }
      }
      first = ordinal + 1
    } else bytes += item.bytes
  }
  if (ordinal >= first) yield upTo(ordinal)
}

/** A volume holds less than 4 GiB; a share costs reading the whole table, so they are few. */
const largestShare = 1024 ** 3

/**
 * Cuts a table by its key, so that each slice has about so many rows; where that does not allow it, and a volume would not hold the
 * table, by shares. None of a table without a view, whose rows may change from one slice to the next.
 */
export async function slicesOf(
  session: Session,
  table: Table,
  { rows, bytes }: { readonly rows: number; readonly bytes: number },
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  if (!isInView(table)) return []
  const slices = await keySlices(session, table, rows, signal)
  const needed = Math.ceil(bytes / largestShare)
  return slices.length + 1 < needed ? shares(needed) : slices
}

function shares(of: number): Slice[] {
  return Array.from({ length: of }, (_, i) => ({ number: i + 1, of, share: true }))
}

async function keySlices(
  session: Session,
  table: Table,
  rows: number,
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  const column = leading(table)
  if (!column || table.versioned || !literals[column.form]) return []
  const bounds: string[] = []
  const key = quoteName(column.name)
  const from = `FROM ${quoteName(table.name)} FORCE INDEX (PRIMARY)`
  for (;;) {
    const where = bounds.length > 0 ? `WHERE ${key} > ${bounds.at(-1)}` : ''
    const [[value] = []] = await session.rows(
      `SELECT ${key} ${from} ${where} ORDER BY ${key} LIMIT 1 OFFSET ${rows}`,
      signal,
    )
    if (!value) break
    bounds.push(literals[column.form]?.(value) ?? '')
  }
  return bounds.length > 0 ? between(bounds) : []
}

/** Cuts by equal stretches of a key of whole numbers, reading nothing but its ends; none where the key does not allow it. */
export async function spans(
  session: Session,
  table: Table,
  number: number,
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  const column = leading(table)
  if (!column || table.versioned || !/^(tiny|small|medium|big)?int/.test(column.type)) return []
  const key = quoteName(column.name)
  const ends = `SELECT MIN(${key}), MAX(${key}) FROM ${quoteName(table.name)} FORCE INDEX (PRIMARY)`
  const [[least, most] = []] = await session.texts(ends, signal)
  if (least === undefined || most === undefined) return []
  const [first, values] = [BigInt(least), BigInt(most) - BigInt(least) + 1n]
  const bounds = Array.from(
    { length: number - 1 },
    (_, i) => first + (values * BigInt(i + 1)) / BigInt(number),
  )
  return between(bounds.map(String))
}

function leading({ columns, key }: Table): Column | undefined {
  return columns.find(({ name }) => name === key[0])
}

function between(bounds: readonly string[]): Slice[] {
  return [undefined, ...bounds].map((start, i) => ({
    ...{ number: i + 1, of: bounds.length + 1 },
    ...(start === undefined ? {} : { from: start }),
    ...(bounds[i] === undefined ? {} : { to: bounds[i] }),
  }))
}

/** How a value of the key is written in SQL, so that the server orders it as it orders the column. */
const literals: Readonly<Partial<Record<string, (value: Buffer) => string>>> = {
  number: (value) => value.toString('latin1'),
  time: (value) => `'${value.toString('latin1')}'`,
  text: (value) => `_utf8mb4 X'${value.toString('hex')}'`,
  bytes: (value) => `X'${value.toString('hex')}'`,
}

/** The slice that a shard's private part names; undefined for a table in one piece. */
export function sliceIn(shard: JsonObject | undefined): Slice | undefined {
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
