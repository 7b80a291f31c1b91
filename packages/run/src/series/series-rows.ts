import type { DatabaseSync } from 'node:sqlite'
import type { KnownItem } from '@restitute/core'
import type { ItemState, Tally } from '@restitute/manifest'
import { paged, pageRows } from '../journal/database.ts'
import { factsOf } from '../journal/items.ts'

/** An item of a series. */
export interface SeriesItem {
  readonly source: string
  readonly id: string
  /** Number of the package that states it, from 0. */
  readonly package: number
  readonly kind: string
  readonly state: ItemState
  readonly bytes: number
  readonly count: number | null
  readonly mark: string
  readonly digest: string | null
  readonly attributes: string | null
  readonly leader: string | null
  readonly reason: string | null
}

/** Every item, by source, then ascending by id. */
export function seriesItems(db: DatabaseSync): Iterable<SeriesItem> {
  const select = db.prepare(
    `SELECT * FROM items WHERE (source, id) > (?, ?) ORDER BY source, id LIMIT ${pageRows}`,
  )
  return paged<SeriesItem>(
    (last) => select.all(last?.source ?? '', last?.id ?? '') as unknown as SeriesItem[],
  )
}

/** What must exist after a restoration of a source, ascending by id. */
export async function* heldItems(db: DatabaseSync, source: string): AsyncIterable<KnownItem> {
  const select = db.prepare(
    `SELECT * FROM items WHERE source = ? AND id > ? AND state IN ('exported', 'unchanged')
     ORDER BY id LIMIT ${pageRows}`,
  )
  const next = (last: SeriesItem | undefined): SeriesItem[] =>
    select.all(source, last?.id ?? '') as unknown as SeriesItem[]
  for (const row of paged(next)) yield knownOf(row)
}

function knownOf(row: SeriesItem): KnownItem {
  const item = factsOf(row)
  if (row.leader !== null) item.leader = row.leader
  return item
}

/** Whether an item is one that the series states as excluded or lost: known to exist, and not delivered, or not with certainty. */
export function exclusions(db: DatabaseSync, source: string): (id: string) => boolean {
  const select = db.prepare(
    `SELECT 1 FROM items WHERE source = ? AND id = ? AND state IN ('excluded', 'lost')`,
  )
  return (id) => select.get(source, id) !== undefined
}

/** Number and bytes of what the client holds of a source. */
export function heldTally(db: DatabaseSync, source: string): Tally {
  const row = db
    .prepare(
      `SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM items
       WHERE source = ? AND state IN ('exported', 'unchanged')`,
    )
    .get(source)
  return row as unknown as Tally
}

/** Number of items of a source that are lost or excluded. */
export function leftOut(db: DatabaseSync, source: string): number {
  const row = db
    .prepare(`SELECT count(*) AS items FROM items WHERE source = ? AND state IN ('lost', 'excluded')`)
    .get(source)
  return Number(row?.['items'])
}
