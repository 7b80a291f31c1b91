import type { RowEncoder, Unit } from './chunks.ts'
import { blobLiteral, literal, quoteName } from './literals.ts'
import type { Row } from './rows.ts'
import type { Encoding, Table } from './schema.ts'
import { RawText, storedBytes, type Value } from './values.ts'

// Fixed for format 1: the digest of a table is that of these statements.
const batchRows = 100
const batchCharacters = 64 * 1024
const pieceBytes = 4 * 1024 * 1024
const smallBytes = 1024

/**
 * The rows of a table as SQL statements. A table's digest is the SHA-256 of all of them, so it equals that of its
 * native files joined. Several rows share one INSERT; a row above 4 MiB is put together from pieces, since SQLite
 * limits the length of a statement.
 */
export class InsertEncoder implements RowEncoder<Row> {
  #encoding: Encoding
  #into: string
  #start: string
  #tuples: string[] = []
  #characters = 0

  constructor(table: Table, encoding: Encoding) {
    this.#encoding = encoding
    this.#into = `INSERT INTO ${quoteName(table.name)}${columnList(table)} VALUES`
    this.#start = table.system ? `DELETE FROM ${quoteName(table.name)};\n` : ''
  }

  add(row: Row): Iterable<Unit> | undefined {
    if (isLargeRow(row)) return this.#assembled(row)
    let tuple = '('
    for (const value of row) tuple += (tuple === '(' ? '' : ',') + literal(value, this.#encoding)
    this.#tuples.push(`${tuple})`)
    this.#characters += tuple.length
    const full = this.#tuples.length >= batchRows || this.#characters >= batchCharacters
    return full ? this.#flush() : undefined
  }

  end(): Iterable<Unit> | undefined {
    if (this.#tuples.length > 0) return this.#flush()
    return this.#start ? [this.#unit('')] : undefined
  }

  #flush(): Unit[] {
    const sql = `${this.#into}\n${this.#tuples.join(',\n')};\n`
    this.#tuples = []
    this.#characters = 0
    return [this.#unit(sql)]
  }

  *#assembled(row: Row): Iterable<Unit> {
    if (this.#tuples.length > 0) yield* this.#flush()
    yield this.#unit('CREATE TEMP TABLE restitute_pieces(n INTEGER PRIMARY KEY,piece);\n')
    const expressions: string[] = []
    let n = 0
    for (const value of row) {
      if (!isLong(value)) {
        expressions.push(literal(value, this.#encoding))
        continue
      }
      const first = n
      const bytes = value instanceof Uint8Array ? value : storedBytes(value, this.#encoding)
      for (const piece of piecesOf(bytes)) {
        yield this.#unit(`INSERT INTO temp.restitute_pieces VALUES(${n++},${blobLiteral(piece)});\n`)
      }
      // In UTF-16, || gives an even number of bytes.
      const whole = `substr(CAST(${concatenation(first, n)} AS BLOB),1,${bytes.length})`
      expressions.push(value instanceof Uint8Array ? whole : `CAST(${whole} AS TEXT)`)
    }
    yield this.#unit(`${this.#into}\n(${expressions.join(',')});\nDROP TABLE temp.restitute_pieces;\n`)
  }

  #unit(sql: string): Unit {
    const unit = [Buffer.from(this.#start + sql)]
    this.#start = ''
    return unit
  }
}

/** Whether a row is too large to be written in one statement. */
export function isLargeRow(row: Row): boolean {
  let bytes = 0
  for (const value of row) bytes += lengthOf(value)
  return bytes > pieceBytes
}

function isLong(value: Value): value is string | RawText | Uint8Array {
  return lengthOf(value) > smallBytes
}

function lengthOf(value: Value): number {
  if (value === null || typeof value === 'bigint' || typeof value === 'number') return 0
  return value instanceof RawText ? value.bytes.length : value.length
}

function columnList(table: Table): string {
  if (!table.partial) return ''
  const names = table.columns.map((column) => quoteName(column.name))
  return `(${[...(table.rowid ? [table.rowid] : []), ...names].join(',')})`
}

/** Each of an even number of bytes: the last may have a zero more. */
function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let i = 0; i < bytes.length; i += pieceBytes) pieces.push(bytes.subarray(i, i + pieceBytes))
  const last = pieces.at(-1)
  if (last && last.length % 2 === 1) pieces[pieces.length - 1] = Buffer.concat([last, Buffer.alloc(1)])
  return pieces
}

/** `||` in a balanced tree: each byte is copied a few times only. Pieces number `from` to `to`, exclusive. */
function concatenation(from: number, to: number): string {
  if (to - from === 1) return `(SELECT piece FROM temp.restitute_pieces WHERE n=${from})`
  const middle = Math.ceil((from + to) / 2)
  return `(${concatenation(from, middle)}||${concatenation(middle, to)})`
}
