import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { compareUtf8, safeNames } from '@restitute/core'
import { bytesOfText, isPlain, textOfBytes } from './escaped-text.ts'
import { endOfDefinition } from './sql-scan.ts'

/** One row of sqlite_master that has a definition. Texts as in {@link textOfBytes}. */
export interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly table: string
  readonly sql: string
}

/** A column with stored values; generated ones are left out. */
export interface Column {
  readonly name: string
  readonly type: string
  /** Place in the primary key from 1, 0 when not in it. */
  readonly key: number
}

/** A table with rows of its own. Virtual tables have none: their shadow tables have. */
export interface Table {
  readonly name: string
  /** Folder of its entries. */
  readonly safeName: string
  readonly columns: readonly Column[]
  /** The name by which a rowid can be read and written that is no column; absent where a column is the rowid. */
  readonly rowid?: string
  /** Whether INSERT must name the columns: a rowid is given, or generated columns are left out. */
  readonly partial: boolean
  /** SQLite's own (sqlite_sequence, sqlite_stat1, …): filled after all others. */
  readonly system: boolean
}

/** What a database consists of, apart from its rows. */
export interface Schema {
  readonly encoding: Encoding
  /** Pragmas that are kept in the file, in the order in which they must be set. */
  readonly pragmas: Readonly<Record<string, string>>
  readonly journalMode: 'wal' | 'delete'
  readonly objects: readonly SchemaObject[]
  /** In ascending order of the names. */
  readonly tables: readonly Table[]
}

/** Encoding of the texts in the file. */
export type Encoding = 'UTF-8' | 'UTF-16le' | 'UTF-16be'

/** Reads the schema inside the connection's transaction. Throws SQLite's errors; a hostile definition is one too. */
export function readSchema(db: DatabaseSync): Schema {
  const encoding = pragma(db, 'encoding') as Encoding
  const objects = readObjects(db, encoding)
  for (const object of objects) endOfDefinition(object.sql)
  const pragmas = Object.fromEntries(
    ['page_size', 'auto_vacuum', 'user_version', 'application_id'].map((name) => [name, pragma(db, name)]),
  )
  const journalMode = pragma(db, 'journal_mode') === 'wal' ? 'wal' : 'delete'
  return { encoding, pragmas, journalMode, objects, tables: readTables(db, encoding) }
}

/** Value of a pragma as text. */
export function pragma(db: DatabaseSync, name: string): string {
  return String(rows(db, `PRAGMA ${name}`)[0]?.[0])
}

/** All rows of a small result. */
export function rows(db: DatabaseSync, sql: string, ...values: SQLInputValue[]): SQLOutputValue[][] {
  return db.prepare(sql, { returnArrays: true }).all(...values) as unknown as SQLOutputValue[][]
}

function readObjects(db: DatabaseSync, encoding: Encoding): SchemaObject[] {
  const t = (column: string): string => textOf(encoding, column)
  const sql = `SELECT type, ${t('name')}, ${t('tbl_name')}, ${t('sql')} FROM main.sqlite_master
    WHERE sql IS NOT NULL ORDER BY rowid`
  return rows(db, sql).map(([type, name, table, definition]) => ({
    type: String(type),
    name: read(name),
    table: read(table),
    sql: read(definition),
  }))
}

function readTables(db: DatabaseSync, encoding: Encoding): Table[] {
  const listed = rows(
    db,
    `SELECT ${textOf(encoding, 'name')}, wr FROM pragma_table_list
     WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT IN ('sqlite_schema', 'sqlite_master')`,
  ).map(([name, withoutRowid]) => ({ name: read(name), withoutRowid: withoutRowid === 1n }))
  listed.sort((a, b) => compareUtf8(a.name, b.name))
  const safe = safeNames(listed.map((table) => Buffer.from(table.name)))
  return listed.map((table, i) => readTable(db, encoding, { ...table, safeName: safe[i] ?? '' }))
}

interface ListedTable {
  readonly name: string
  readonly withoutRowid: boolean
  readonly safeName: string
}

function readTable(db: DatabaseSync, encoding: Encoding, listed: ListedTable): Table {
  const { name, safeName } = listed
  const t = (column: string): string => textOf(encoding, column)
  const all = rows(
    db,
    `SELECT ${t('name')}, ${t('type')}, pk, hidden FROM ${named('table_xinfo', name)}`,
    bound(name),
  )
  const columns = all
    .filter(([, , , hidden]) => hidden === 0n)
    .map(([column, type, key]) => ({ name: read(column), type: read(type), key: Number(key) }))
  const names = new Set(all.map(([column]) => read(column).toLowerCase()))
  const free = ['rowid', '_rowid_', 'oid'].find((alias) => !names.has(alias))
  const explicit = !listed.withoutRowid && free !== undefined && !columnIsRowid(db, name, columns)
  const partial = explicit || columns.length < all.length
  return { name, safeName, columns, partial, system: isSystem(name), ...(explicit ? { rowid: free } : {}) }
}

/** `INTEGER PRIMARY KEY`, unless that made an index (`INTEGER PRIMARY KEY DESC`). */
function columnIsRowid(db: DatabaseSync, table: string, columns: readonly Column[]): boolean {
  const key = columns.filter((column) => column.key > 0)
  if (key.length !== 1 || key[0]?.type.toUpperCase() !== 'INTEGER') return false
  return (
    rows(db, `SELECT 1 FROM ${named('index_list', table)} WHERE origin = 'pk'`, bound(table)).length === 0
  )
}

function isSystem(name: string): boolean {
  return /^sqlite_/i.test(name)
}

/** A pragma's table-valued function on a table whose name may not be UTF-8. */
function named(name: string, table: string): string {
  return isPlain(table) ? `pragma_${name}(?)` : `pragma_${name}(CAST(? AS TEXT))`
}

function bound(table: string): SQLInputValue {
  return isPlain(table) ? table : bytesOfText(table)
}

/** node:sqlite replaces what is not UTF-8: read the bytes. UTF-16 it converts. */
function textOf(encoding: Encoding, column: string): string {
  return encoding === 'UTF-8' ? `CAST(${column} AS BLOB)` : column
}

function read(value: unknown): string {
  return value instanceof Uint8Array ? textOfBytes(value) : String(value)
}
