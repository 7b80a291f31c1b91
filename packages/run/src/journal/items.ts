import type { DatabaseSync } from 'node:sqlite'
import type { Item } from '@restitute/core'
import type { ItemState, Tally } from '@restitute/manifest'
import { paged, pageRows } from './database.ts'

/** An item as the journal holds it. */
export interface ItemRow {
  readonly id: string
  readonly ordinal: number | null
  readonly kind: string
  readonly bytes: number
  readonly count: number | null
  readonly mark: string
  readonly digest: string | null
  /** JSON. */
  readonly attributes: string | null
  /** As inventoried, whatever became of that item. */
  readonly leader: string | null
  /** Why the inventory called it lost. */
  readonly lost: string | null
  readonly state: ItemState
  readonly reason: string | null
  /** Ordinal of the item that it is read with: its own, or that of another name of the same file. */
  readonly read_at: number | null
}

/** Of an {@link ItemRow}. */
export const itemColumns =
  'id, ordinal, kind, bytes, count, mark, digest, attributes, leader, lost, state, reason, read_at'

/** A row as the interfaces of connectors know it, without leader: which item leads depends on what is asked for. */
export function itemOf(row: ItemRow): Item {
  const item = factsOf(row)
  if (row.lost !== null) item.lost = row.lost
  return item
}

/** What rows of items have in common, wherever they are held. */
export function factsOf({ id, kind, bytes, mark, count, digest, attributes }: FactsRow): MutableItem {
  // Filled member by member: this is done for every item several times, and spreading takes as long as reading the row.
  const item: MutableItem = { id, kind, bytes, mark }
  if (count !== null) item.count = count
  if (digest !== null) item.digest = digest
  if (attributes !== null) item.attributes = JSON.parse(attributes)
  return item
}

type FactsRow = Pick<ItemRow, 'id' | 'kind' | 'bytes' | 'mark' | 'count' | 'digest' | 'attributes'>
type MutableItem = { -readonly [K in keyof Item]: Item[K] }

/** Writes items; one transaction around many. */
export function itemWriter(db: DatabaseSync): (source: number, row: ItemRow) => void {
  const insert = db.prepare(
    `INSERT INTO items (source, ${itemColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return (source, row) => {
    const { id, ordinal, kind, bytes, count, mark, digest, attributes, leader } = row
    const { lost, state, reason, read_at } = row
    const facts = [id, ordinal, kind, bytes, count, mark, digest, attributes, leader]
    insert.run(source, ...facts, lost, state, reason, read_at)
  }
}

/** Finds single items. */
export function itemFinder(db: DatabaseSync): (source: number, id: string) => ItemRow | undefined {
  const select = db.prepare(`SELECT ${itemColumns} FROM items WHERE source = ? AND id = ?`)
  return (source, id) => select.get(source, id) as unknown as ItemRow | undefined
}

/** Every item of a source, ascending by id. */
export function allItems(db: DatabaseSync, source: number): Iterable<ItemRow> {
  const select = db.prepare(
    `SELECT ${itemColumns} FROM items WHERE source = ? AND id > ? ORDER BY id LIMIT ${pageRows}`,
  )
  return paged<ItemRow>((last) => select.all(source, last?.id ?? '') as unknown as ItemRow[])
}

/** Items and bytes of a source by state; states without items are left out. */
export function stateTallies(db: DatabaseSync, source: number): Map<ItemState, Tally> {
  const rows = db
    .prepare(
      'SELECT state, count(*) AS items, sum(bytes) AS bytes FROM items WHERE source = ? GROUP BY state',
    )
    .all(source) as unknown as (Tally & { state: ItemState })[]
  return new Map(rows.map(({ state, items, bytes }) => [state, { items, bytes }]))
}

/** Number and bytes of the items to export; of a file with several names, the bytes count once. */
export function exportTally(db: DatabaseSync, source: number): Tally {
  const row = db
    .prepare(
      `SELECT count(*) AS items, coalesce(sum(bytes) FILTER (WHERE read_at = ordinal), 0) AS bytes
       FROM items WHERE source = ? AND ordinal IS NOT NULL`,
    )
    .get(source)
  return row as unknown as Tally
}

/** Why items are excluded or lost, with their number, the most frequent reasons first. */
export function reasonCounts(db: DatabaseSync, source: number): { reason: string; items: number }[] {
  const rows = db
    .prepare(
      `SELECT coalesce(reason, 'no reason given') AS reason, count(*) AS items FROM items
       WHERE source = ? AND state IN ('excluded', 'lost') GROUP BY 1 ORDER BY 2 DESC, 1`,
    )
    .all(source)
  return rows as unknown as { reason: string; items: number }[]
}

/** A folder of an inventory that could not be read, so that what lies in it was not seen. */
export interface LostFolder {
  /** Ends in `/`. */
  readonly id: string
  readonly lost: string
}

/** Those of a source. */
export function lostFolders(db: DatabaseSync, source: number): LostFolder[] {
  const rows = db
    .prepare(
      `SELECT id, lost FROM items
       WHERE source = ? AND kind = 'directory' AND lost IS NOT NULL AND state <> 'removed' AND id LIKE '%/'`,
    )
    .all(source)
  return rows as unknown as LostFolder[]
}

/** Whether two inventories have the same items with the same marks (R4: may a run go on in a new view). */
export function sameMarks(db: DatabaseSync, one: number, other: number): boolean {
  const differs = db.prepare(
    `SELECT EXISTS (
       SELECT 1 FROM items a LEFT JOIN items b
         ON b.source = ? AND b.id = a.id AND b.mark = a.mark AND b.leader IS a.leader AND b.lost IS a.lost AND b.state <> 'removed'
       WHERE a.source = ? AND a.state <> 'removed' AND b.id IS NULL
     ) AS differs`,
  )
  const differ = (a: number, b: number): boolean => differs.get(a, b)?.['differs'] === 1
  return !differ(one, other) && !differ(other, one)
}

/** SQL: whether an item is the container itself (the root of a tree, definitions, a configuration). */
export const isContainer = `(id IN ('./', 'definitions') OR kind = 'configuration')`

/** Items of an inventory that are more than the container itself. */
export function countItems(db: DatabaseSync, source: number): number {
  const row = db
    .prepare(
      `SELECT count(*) AS items FROM items
       WHERE source = ? AND state <> 'removed' AND NOT ${isContainer}`,
    )
    .get(source)
  return Number(row?.['items'])
}

/** Number and bytes of all items of an inventory. */
export function inventoryTally(db: DatabaseSync, source: number): Tally {
  const row = db
    .prepare(
      `SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM items WHERE source = ? AND state <> 'removed'`,
    )
    .get(source)
  return row as unknown as Tally
}

/** An item that was not delivered. */
export interface LossRow {
  readonly id: string
  readonly state: 'lost' | 'excluded'
  readonly reason: string
}

/** The items of a source that are lost or excluded, ascending by id. */
export function lossRows(db: DatabaseSync, source: number): LossRow[] {
  const rows = db
    .prepare(
      `SELECT id, state, coalesce(reason, 'no reason given') AS reason FROM items
       WHERE source = ? AND state IN ('excluded', 'lost') ORDER BY id`,
    )
    .all(source)
  return rows as unknown as LossRow[]
}
