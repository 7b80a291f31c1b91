import { createHash, type Hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Entry, Item, Loss } from '@restitute/core'
import { bytesOf, type Unit } from './chunks.ts'
import { CsvEncoder } from './csv-encoder.ts'
import { dataPackage } from './data-package.ts'
import { definitionsDigest, definitionsProblem, firstDefinitions, lastDefinitions } from './definitions.ts'
import { type EntryStamp, fileEntry, type PartPlan, PartWriter } from './entries.ts'
import { InsertEncoder } from './insert-encoder.ts'
import { Pulse } from './pulse.ts'
import { rowsOf } from './rows.ts'
import type { Schema, Table } from './schema.ts'
import { firstLine, isSqliteError, primaryCode } from './sqlite-errors.ts'

/** Id of the item for everything but rows. */
export const definitionsId = 'definitions'

/** Why a table is lost that is another one than it was a moment ago, in one read transaction. */
const overwritten =
  'its rows changed while they were read: another file was copied over the database, past its locks'

/** An open database inside its read transaction. */
export interface OpenDatabase {
  readonly db: DatabaseSync
  readonly schema: Schema
  readonly stamp: EntryStamp
}

/** Id of a table's item. */
export function tableId(table: Table): string {
  return `table/${table.name}`
}

/** The definitions as an item; `lost` when SQLite alone could not load them (they are exported all the same). */
export function definitionsItem({ schema }: OpenDatabase): Item {
  const digest = definitionsDigest(schema)
  const problem = definitionsProblem(schema)
  const bytes = Buffer.byteLength(firstDefinitions(schema)) + Buffer.byteLength(lastDefinitions(schema))
  return {
    id: definitionsId,
    kind: 'definitions',
    bytes,
    mark: digest,
    digest,
    ...(problem ? { lost: problem } : {}),
  }
}

/** The native script's first and last file. */
export function* definitionsEntries({ schema, stamp }: OpenDatabase): Iterable<Entry> {
  const files = {
    '1-definitions.sql': firstDefinitions(schema),
    '3-definitions.sql': lastDefinitions(schema),
  }
  for (const [name, sql] of Object.entries(files)) {
    yield fileEntry({ path: `data/native/${name}`, item: definitionsId, chunks: [Buffer.from(sql)], stamp })
  }
}

/**
 * A table as an item: its rows are counted, and its digest is the SHA-256 of its native files joined. `bytes` is
 * their size. A table that cannot be read to its end is `lost`.
 */
export async function tableItem(
  { db, schema }: OpenDatabase,
  table: Table,
  signal: AbortSignal,
): Promise<Item> {
  const encoder = new InsertEncoder(table, schema.encoding)
  const hash = createHash('sha256')
  const pulse = new Pulse(signal)
  let [bytes, count] = [0, 0]
  const take = (units: Iterable<Unit> = []): void => {
    for (const block of [...units].flatMap((unit) => [...bytesOf(unit)])) {
      hash.update(block)
      bytes += block.length
    }
  }
  try {
    for (const row of rowsOf(db, table, schema.encoding)) {
      take(encoder.add(row))
      count++
      if (pulse.due()) await pulse.rest()
    }
  } catch (error) {
    return { id: tableId(table), kind: 'table', bytes, mark: 'unreadable', lost: lossOf(error) }
  }
  take(encoder.end())
  const digest = hash.digest('hex')
  return { id: tableId(table), kind: 'table', bytes, count, mark: digest, digest }
}

/**
 * A table's entries in both forms, read once: parts of the native script and of the CSV, then its data package.
 * The parts of the native form carry numbers; those of the CSV are joined in the order of the data package. Whoever copies another file
 * over the database heeds no lock of SQLite: only its digest tells that the rows are those of the inventory.
 */
export async function* tableEntries(
  { db, schema, stamp }: OpenDatabase,
  table: Table,
  { partBytes, digest }: { readonly partBytes: number; readonly digest: string | undefined },
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const item = tableId(table)
  const hash = createHash('sha256')
  const inserts = new InsertEncoder(table, schema.encoding)
  const csv = new CsvEncoder(table)
  const { native, neutral, folder } = writersOf(table, { item, stamp, partBytes, hash })
  const pulse = new Pulse(signal)
  try {
    for (const row of rowsOf(db, table, schema.encoding)) {
      const [statements, lines] = [inserts.add(row), csv.add(row)]
      if (statements) yield* native.write(statements)
      if (lines) yield* neutral.write(lines)
      if (pulse.due()) await pulse.rest()
    }
  } catch (error) {
    yield { item, lost: lossOf(error) }
    return
  }
  yield* native.end(inserts.end())
  yield* neutral.end(csv.end())
  const described = dataPackage(table, neutral.paths, csv.classes)
  yield fileEntry({ path: `${folder}datapackage.json`, item, chunks: [described], stamp })
  if (hash.digest('hex') !== digest) yield { item, lost: overwritten }
}

/** Rows of SQLite's own tables come after all others: filling an AUTOINCREMENT table changes sqlite_sequence. */
function writersOf(
  table: Table,
  { hash, ...parts }: Pick<PartPlan, 'item' | 'stamp' | 'partBytes'> & { readonly hash: Hash },
): { native: PartWriter; neutral: PartWriter; folder: string } {
  const folder = `data/tables/${table.safeName}/`
  const script = `data/native/${table.system ? '2-system' : '2-data'}/${table.safeName}/`
  return {
    native: new PartWriter({ ...parts, folder: script, extension: 'sql', numbered: true, hash }),
    neutral: new PartWriter({ ...parts, folder, extension: 'csv', numbered: false }),
    folder,
  }
}

/** SQLite's reason in one line; any other error is thrown again. */
function lossOf(error: unknown): string {
  if (!isSqliteError(error)) throw error
  const damaged = primaryCode(error) === 11 || primaryCode(error) === 26
  return `${damaged ? 'damaged' : 'unreadable'}: ${firstLine(error.message)}`
}
