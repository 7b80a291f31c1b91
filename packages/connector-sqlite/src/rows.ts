import type { DatabaseSync } from 'node:sqlite'
import { bytesOfText, isPlain } from './escaped-text.ts'
import { quoteName } from './literals.ts'
import type { Encoding, Table } from './schema.ts'
import { isSqliteError } from './sqlite-errors.ts'
import { textOfStored, type Value } from './values.ts'

/** Stored values of one row: the rowid first, where {@link Table.rowid} names it, then the columns. */
export type Row = readonly Value[]

/**
 * The rows of a table in the order in which they are stored: of the rowid, or of the primary key (WITHOUT ROWID).
 * Throws SQLite's errors. A text that node:sqlite would alter (not UTF-8), or that is too long for a string, is given as its bytes.
 */
export function* rowsOf(db: DatabaseSync, table: Table, encoding: Encoding): Iterable<Row> {
  let done = 0
  let exact = encoding !== 'UTF-8'
  try {
    for (const row of exact ? [] : iterate(db, select(table, plainly), 0)) {
      exact = isDoubtful(row)
      if (exact) break
      yield row
      done++
    }
  } catch (error) {
    // A text that is too long for a string: its bytes may be read all the same.
    if (isSqliteError(error)) throw error
    exact = true
  }
  if (exact) yield* exactRows(db, table, encoding, done)
}

/** As bytes from row number `offset` on: slower, for what node:sqlite may not convert. */
function* exactRows(db: DatabaseSync, table: Table, encoding: Encoding, offset: number): Iterable<Row> {
  for (const row of iterate(db, select(table, exactly), offset)) yield exactRow(row, encoding)
}

type Expression = (column: string) => string

function plainly(column: string): string {
  return column
}

/** Bytes of texts, and whether it is one. */
function exactly(column: string): string {
  return `typeof(${column})='text',CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`
}

/** Whether node:sqlite may have replaced bytes of a text. */
function isDoubtful(row: Row): boolean {
  for (const value of row) if (typeof value === 'string' && value.includes('\ufffd')) return true
  return false
}

function exactRow(pairs: Row, encoding: Encoding): Row {
  const row: Value[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const value = pairs[i + 1] ?? null
    row.push(pairs[i] === 1n && value instanceof Uint8Array ? textOfStored(value, encoding) : value)
  }
  return row
}

function select(table: Table, expression: Expression): string {
  const columns = table.columns.map((column) => expression(quoteName(column.name)))
  if (table.rowid) columns.unshift(expression(table.rowid))
  // NOT INDEXED: a covering index would give another order.
  return `SELECT ${columns.join(',')} FROM main.${quoteName(table.name)} NOT INDEXED`
}

function iterate(db: DatabaseSync, sql: string, offset: number): Iterable<Row> {
  const from = isPlain(sql)
    ? `${sql} LIMIT -1 OFFSET ?`
    : `SELECT * FROM ${viewOf(db, sql)} LIMIT -1 OFFSET ?`
  return db
    .prepare(from, { returnArrays: true, readBigInts: true })
    .iterate(offset) as unknown as Iterable<Row>
}

/** node:sqlite takes SQL as a string: names that are not UTF-8 reach SQLite by way of a temporary view's text. */
function viewOf(db: DatabaseSync, sql: string): string {
  db.enableDefensive(false)
  db.exec('DROP VIEW IF EXISTS temp.restitute_rows; CREATE TEMP VIEW restitute_rows AS SELECT 1')
  db.exec('PRAGMA writable_schema=ON')
  db.prepare("UPDATE temp.sqlite_master SET sql=CAST(? AS TEXT) WHERE name='restitute_rows'").run(
    bytesOfText(`CREATE VIEW restitute_rows AS ${sql}`),
  )
  db.exec('PRAGMA writable_schema=RESET')
  db.enableDefensive(true)
  return 'temp.restitute_rows'
}
