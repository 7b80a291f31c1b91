import { type Chunk, longText, type RowEncoder, type Unit } from './chunks.ts'
import { isLargeRow } from './insert-encoder.ts'
import { hexOf } from './literals.ts'
import type { Row } from './rows.ts'
import type { Table } from './schema.ts'
import { RawText, type Value } from './values.ts'

const batchCharacters = 64 * 1024

/** What the cells of the neutral form mean, for people; it stands in each data package. */
export const dialectText: string =
  'RFC 4180 with LF. \\N without quotes is NULL. Text is always between double quotes, numbers never are. ' +
  'Text that begins with a backslash has one more backslash before it. A BLOB is \\x and its bytes in hexadecimal, ' +
  'without quotes; the same between quotes is text that is not valid Unicode or above 512 MB, as its bytes in the encoding of ' +
  'the database. Infinities are INF and -INF. Generated columns are left out.'

/** SQLite's storage classes that a column holds. */
export type StorageClass = 'integer' | 'real' | 'text' | 'blob'

/** The rows of a table as CSV; begins with the header. Notes which storage classes each column holds. */
export class CsvEncoder implements RowEncoder<Row> {
  readonly classes: readonly Set<StorageClass>[]
  #skip: number
  #text: string

  constructor(table: Table) {
    this.classes = table.columns.map(() => new Set<StorageClass>())
    this.#skip = table.rowid ? 1 : 0
    this.#text = `${table.columns.map((column) => quote(column.name)).join(',')}\n`
  }

  add(row: Row): Iterable<Unit> | undefined {
    const values = this.#skip > 0 ? row.slice(this.#skip) : row
    for (let i = 0; i < values.length; i++) this.#note(values[i] ?? null, i)
    if (isLargeRow(values)) return [[...this.#flush(), ...largeRow(values)]]
    for (let i = 0; i < values.length; i++) this.#text += (i === 0 ? '' : ',') + cell(values[i] ?? null)
    this.#text += '\n'
    return this.#text.length >= batchCharacters ? [this.#flush()] : undefined
  }

  end(): Iterable<Unit> | undefined {
    return this.#text ? [this.#flush()] : undefined
  }

  #flush(): Chunk[] {
    const chunks = [Buffer.from(this.#text)]
    this.#text = ''
    return chunks
  }

  #note(value: Value, column: number): void {
    const storage = storageClass(value)
    if (storage) this.classes[column]?.add(storage)
  }
}

function storageClass(value: Value): StorageClass | undefined {
  if (value === null) return undefined
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return 'real'
  return value instanceof Uint8Array ? 'blob' : 'text'
}

function cell(value: Value): string {
  if (value === null) return '\\N'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return real(value)
  if (typeof value === 'string') return quote(marked(value))
  return value instanceof RawText ? `"\\x${hexOf(value.bytes)}"` : `\\x${hexOf(value)}`
}

function real(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF'
  const shortest = Object.is(value, -0) ? '-0.0' : String(value)
  return /[.e]/.test(shortest) ? shortest : `${shortest}.0`
}

/** A text that begins with a backslash is told apart from NULL and bytes. */
function marked(text: string): string {
  return text.startsWith('\\') ? `\\${text}` : text
}

function quote(text: string): string {
  return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`
}

/** Large bytes are turned into hexadecimal, and large texts are quoted, only when they are read. */
function* largeRow(values: readonly Value[]): Iterable<Chunk> {
  for (const [i, value] of values.entries()) {
    yield Buffer.from(i === 0 ? '' : ',')
    if (value instanceof Uint8Array) yield* [Buffer.from('\\x'), { hex: value }]
    else if (value instanceof RawText) yield* [Buffer.from('"\\x'), { hex: value.bytes }, Buffer.from('"')]
    else if (typeof value === 'string') yield* [Buffer.from('"'), longText(marked(value)), Buffer.from('"')]
    else yield Buffer.from(cell(value))
  }
  yield Buffer.from('\n')
}
