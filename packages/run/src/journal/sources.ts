import type { DatabaseSync } from 'node:sqlite'
import type { View } from '@restitute/core'
import type { IndexRecord } from '@restitute/manifest'

/** `inventory` outlives neither a restart nor the loss of a view; `planned` has its shards; `finished` has its bag and index. */
export type SourceState = 'inventory' | 'planned' | 'finished'

/** A source as the journal holds it: no secret. */
export interface SourceRow {
  readonly id: number
  readonly name: string
  readonly state: SourceState
  readonly view: View
  /** Of the index, hexadecimal. */
  readonly salt: string
  readonly index?: IndexRecord
}

interface RawRow {
  id: number
  name: string
  state: SourceState
  view: string
  salt: string
  index_record: string | null
}

function sourceOf(raw: RawRow): SourceRow {
  const { id, name, state, view, salt, index_record: index } = raw
  return {
    id,
    name,
    state,
    view: JSON.parse(view),
    salt,
    ...(index !== null && { index: JSON.parse(index) }),
  }
}

/** Sources in the order of their rows; a source taken again has two until one is dropped. */
export function sourceRows(db: DatabaseSync): SourceRow[] {
  return (db.prepare('SELECT * FROM sources ORDER BY id').all() as unknown as RawRow[]).map(sourceOf)
}

/** The row of a source, if it is there. */
export function sourceNamed(db: DatabaseSync, name: string): SourceRow | undefined {
  return sourceRows(db).find((row) => row.name === name)
}

/** Adds a source in state `inventory`; gives its row number. */
export function addSource(db: DatabaseSync, source: Pick<SourceRow, 'name' | 'view' | 'salt'>): number {
  const { name, view, salt } = source
  const { lastInsertRowid } = db
    .prepare(`INSERT INTO sources (name, state, view, salt) VALUES (?, 'inventory', ?, ?)`)
    .run(name, JSON.stringify(view), salt)
  return Number(lastInsertRowid)
}

/** Notes that a source has its shards. */
export function setPlanned(db: DatabaseSync, id: number): void {
  db.prepare(`UPDATE sources SET state = 'planned' WHERE id = ?`).run(id)
}

/** Notes that a source is read in another view from now on. */
export function setView(db: DatabaseSync, id: number, view: View): void {
  db.prepare('UPDATE sources SET view = ? WHERE id = ?').run(JSON.stringify(view), id)
}

/** Notes that a source is whole. */
export function setFinished(db: DatabaseSync, id: number, index: IndexRecord): void {
  db.prepare(`UPDATE sources SET state = 'finished', index_record = ? WHERE id = ?`).run(
    JSON.stringify(index),
    id,
  )
}

/** Notes that something of a source has to be made again. */
export function setUnfinished(db: DatabaseSync, id: number): void {
  db.prepare(`UPDATE sources SET state = 'planned', index_record = NULL WHERE id = ?`).run(id)
}

/** Forgets a source and all that belongs to it. */
export function dropSource(db: DatabaseSync, id: number): void {
  for (const table of ['items', 'shards', 'entries', 'directories', 'losses', 'findings']) {
    db.prepare(`DELETE FROM ${table} WHERE source = ?`).run(id)
  }
  db.prepare('DELETE FROM sources WHERE id = ?').run(id)
}
