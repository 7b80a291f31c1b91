import type { Column, Table } from './schema.ts'
import type { Session } from './session.ts'
import type { Slice, TableSize } from './slices.ts'
import { quoteName } from './text.ts'

/** A range of a table's key, and how much was read in it. */
export interface Stretch extends Slice {
  /** Rows, and the bytes of their texts and bytes. */
  readonly rows: number
  readonly bytes: number
}

/** About the bytes of a row without texts and bytes. */
export const leastRow = 30

/**
 * Joins neighbouring stretches, in the order of their numbers, to slices of at most this share of the table; none where one of them is
 * larger. Nothing needs to be read for that.
 */
export function joined(stretches: readonly Stretch[], share: number): readonly Slice[] {
  const weights = stretches.map(({ rows, bytes }) => rows * leastRow + bytes)
  const most = share * weights.reduce((sum, weight) => sum + weight, 0)
  if (weights.some((weight) => weight > most)) return []
  const bounds: string[] = []
  let joint = 0
  stretches.forEach(({ from }, i) => {
    const weight = weights[i] ?? 0
    const full = from !== undefined && joint + weight > most
    if (full) bounds.push(from)
    joint = full ? weight : joint + weight
  })
  return bounds.length > 0 ? between(bounds) : []
}

/** Cuts by the rows on the way, all of whose keys the server reads; none where the key does not allow it. */
export async function keySlices(
  session: Session,
  table: Table,
  size: TableSize,
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  const column = leading(table)
  const literal = column && literalOf(column)
  if (!literal) return []
  const bounds: string[] = []
  const rows = Math.ceil(size.rows * size.share)
  const key = quoteName(column.name)
  const from = `FROM ${quoteName(table.name)} FORCE INDEX (PRIMARY)`
  for (;;) {
    const where = bounds.length > 0 ? `WHERE ${key} > ${bounds.at(-1)}` : ''
    const [[value] = []] = await session.rows(
      `SELECT ${key} ${from} ${where} ORDER BY ${key} LIMIT 1 OFFSET ${rows}`,
      signal,
    )
    if (!value) break
    bounds.push(literal(value))
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
  if (!column || !/^(tiny|small|medium|big)?int/.test(column.type)) return []
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

/** The first column of its key; undefined where there is none, or it does not cut all rows (those of the past), or not without sorting. */
function leading({ columns, key, keyIsCut, versioned }: Table): Column | undefined {
  return versioned || keyIsCut ? undefined : columns.find(({ name }) => name === key[0])
}

function between(bounds: readonly string[]): Slice[] {
  return [undefined, ...bounds].map((start, i) => ({
    ...{ number: i + 1, of: bounds.length + 1 },
    ...(start === undefined ? {} : { from: start }),
    ...(bounds[i] === undefined ? {} : { to: bounds[i] }),
  }))
}

/** How a value of a key is written in SQL, so that the server compares it as it does the column; undefined where nothing does that. */
export function literalOf({ form }: Column): ((value: Buffer) => string) | undefined {
  return literals[form]
}

const literals: Readonly<Partial<Record<string, (value: Buffer) => string>>> = {
  number: (value) => value.toString('latin1'),
  time: (value) => `'${value.toString('latin1')}'`,
  text: (value) => `_utf8mb4 X'${value.toString('hex')}'`,
  bytes: (value) => `X'${value.toString('hex')}'`,
}
