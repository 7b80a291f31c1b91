import { quoted } from './location.ts'
import type { Column } from './tables.ts'

/** Types of the server's own whose hash tells all their values apart; it cannot change, since rows are partitioned by it. */
const asTheyAre = new Set(['bool', 'int2', 'int4', 'oid', 'date', 'uuid', 'bytea'])

/** Texts: hashed by their bytes, whatever their collation takes for equal. */
const texts = new Set(['text', 'varchar', 'name'])

/** Types whose own hash takes too much for equal (1.0 and 1.00, a month and 30 days) or comes to 32 bits: their binary form is hashed. */
const sent: Readonly<Record<string, string>> = {
  int8: 'int8send',
  numeric: 'numeric_send',
  time: 'time_send',
  timetz: 'timetz_send',
  timestamp: 'timestamp_send',
  timestamptz: 'timestamptz_send',
  interval: 'interval_send',
}

/** Floats: 0 and -0 are told apart, every NaN is the same. */
const floats: Readonly<Record<string, string>> = { float4: 'float4send', float8: 'float8send' }

/** About as many bytes has a number or a time in CSV. */
const usualBytes = 8

/** What is to be computed of each row `t` of a table, as SQL. */
export interface RowHash {
  /** Numbers, times, texts and bytes as a record of binary values, which costs the server half of what their text costs. */
  readonly record: string
  /** The text of the record of all other columns. */
  readonly text: string
  /** About the bytes of its CSV. */
  readonly bytes: string
}

/** Both hold the columns in the order of their names. */
export function rowHash(columns: readonly Column[]): RowHash {
  const [binary, others]: [string[], string[]] = [[], []]
  for (const column of columns.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const value = binaryOf(column)
    if (value === undefined) others.push(reference(column))
    else binary.push(value)
  }
  return {
    record: `ROW(${binary.join(', ')})`,
    text: others.length > 0 ? `ROW(${others.join(', ')})::text COLLATE pg_catalog."C"` : "''::text",
    bytes: bytesOf(columns),
  }
}

function binaryOf(column: Column): string | undefined {
  const [value, type] = [reference(column), column.builtIn ?? '']
  if (asTheyAre.has(type)) return value
  if (texts.has(type)) return `${value} COLLATE pg_catalog."C"`
  if (sent[type] !== undefined) return `pg_catalog.${sent[type]}(${value})`
  if (floats[type] === undefined) return undefined
  return `CASE WHEN ${value} = 'NaN' THEN '' ELSE pg_catalog.${floats[type]}(${value}) END`
}

/** Lengths that cost nothing to find, as they are before the server compresses; a byte of `bytea` is two digits. */
function bytesOf(columns: readonly Column[]): string {
  const length = (column: Column): string => `coalesce(pg_catalog.octet_length(${reference(column)}), 0)`
  const lengths = columns.flatMap((column) => {
    if (column.builtIn === 'bytea') return [`2::pg_catalog.int8 * ${length(column)}`]
    return texts.has(column.builtIn ?? '') ? [length(column)] : []
  })
  return [`${usualBytes * columns.length}::pg_catalog.int8`, ...lengths].join(' + ')
}

function reference({ name }: Column): string {
  return `t.${quoted(name)}`
}
