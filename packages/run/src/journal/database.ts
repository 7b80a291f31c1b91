import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RestituteError } from '@restitute/core'
import { schema } from './schema.ts'

/** Rows that one page of a long reading holds; between pages no transaction stays open. */
export const pageRows = 1000

/** Where the journal of a package lies. */
export function journalPath(workDir: string, packageName: string): string {
  return join(workDir, packageName, 'journal.sqlite')
}

/** Opens a journal for writing, making it (folder 0700, file 0600) when there is none. */
export function createDatabase(workDir: string, packageName: string): DatabaseSync {
  const path = journalPath(workDir, packageName)
  mkdirSync(join(workDir, packageName), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path, { timeout: 10_000 })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY')
  db.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
  return db
}

/** Opens a journal for reading only; `not-found` when there is none. */
export function readDatabase(path: string): DatabaseSync {
  refuseMissing(path)
  return new DatabaseSync(path, { readOnly: true, timeout: 10_000 })
}

/** Opens a journal that another process may be writing; `not-found` when there is none. */
export function writeDatabase(path: string): DatabaseSync {
  refuseMissing(path)
  return new DatabaseSync(path, { timeout: 10_000 })
}

function refuseMissing(path: string): void {
  if (existsSync(path)) return
  throw new RestituteError('not-found', 'journal: there is none for this package in the work folder', {
    hint: 'was the package exported from this dossier',
  })
}

/** Runs `change` as one transaction; it survives a killed process, but not yet a power cut. */
export function transaction<T>(db: DatabaseSync, change: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = change()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

/** Like {@link transaction}, and on stable storage with everything before it: for changes of state. */
export function durably<T>(db: DatabaseSync, change: () => T): T {
  db.exec('PRAGMA synchronous = FULL')
  try {
    return transaction(db, change)
  } finally {
    db.exec('PRAGMA synchronous = NORMAL')
  }
}

/** Row after row of a query that continues after the last row it was given. */
export function* paged<Row>(next: (last: Row | undefined) => Row[]): Generator<Row, void, undefined> {
  for (let rows = next(undefined); rows.length > 0; rows = next(rows.at(-1))) yield* rows
}

/** Rows gathered into arrays, for work that yields to the event loop between them. */
export function* inBatches<Row>(rows: Iterable<Row>): Generator<Row[], void, undefined> {
  let batch: Row[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < pageRows) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
