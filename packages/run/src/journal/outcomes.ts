import type { DatabaseSync } from 'node:sqlite'
import { type EntryDigest, type KnownItem, knownItem, RestituteError } from '@restitute/core'
import { inBatches } from './database.ts'
import { entriesOfPage, type PlacedEntry } from './entries.ts'
import { allItems, type ItemRow, itemOf } from './items.ts'
import { heldLeader } from './leaders.ts'

/**
 * Items that reading lost become `lost`; all others that were to be exported are `exported` again. Repeatable.
 * Throws `internal` for the loss of an item that was not to be exported.
 */
export function applyLosses(db: DatabaseSync, source: number): void {
  const stray = db
    .prepare(
      `SELECT count(*) AS stray FROM losses l LEFT JOIN items i ON i.source = l.source AND i.id = l.item
       WHERE l.source = ? AND i.ordinal IS NULL`,
    )
    .get(source)?.['stray']
  if (Number(stray) !== 0) {
    throw new RestituteError('internal', `losses: expected items of the shard, got ${Number(stray)} others`)
  }
  db.prepare(
    `UPDATE items SET state = 'exported', reason = NULL
     WHERE source = ? AND ordinal IS NOT NULL AND state = 'lost' AND lost IS NULL`,
  ).run(source)
  db.prepare(
    `UPDATE items SET state = 'lost', reason = l.reason
     FROM (SELECT item, min(reason) AS reason FROM losses WHERE source = :source GROUP BY item) AS l
     WHERE items.source = :source AND items.id = l.item`,
  ).run({ source })
}

/** An item as delivered, led by `leader`: what the inventory did not know of it follows from its entries. */
export function delivered(
  row: ItemRow,
  entries: readonly PlacedEntry[],
  leader: string | undefined,
): KnownItem {
  const item = { ...itemOf(row), ...(leader !== undefined && { leader }) }
  return row.state === 'exported' ? knownItem(item, entries.flatMap(digestOf)) : item
}

function digestOf({ entry, found }: PlacedEntry): EntryDigest[] {
  const { type, size, sha256, part } = entry
  if (type === 'directory' || sha256 === undefined) return []
  return [{ size, sha256, ...(part !== undefined && { part }), ...(found && { found }) }]
}

/** What has become of an item. */
export interface Outcome {
  readonly row: ItemRow
  readonly entries: readonly PlacedEntry[]
  /** As delivered. */
  readonly item: KnownItem
}

/** What has become of every item of a source, ascending by id. */
export function* outcomes(db: DatabaseSync, source: number): Iterable<Outcome> {
  const entriesOfAll = entriesOfPage(db, source)
  const leaderOf = heldLeader(db)
  for (const page of inBatches(allItems(db, source))) {
    const entriesOf = entriesOfAll(page)
    for (const row of page) {
      const entries = entriesOf(row.id)
      yield { row, entries, item: delivered(row, entries, isHeld(row) ? leaderOf(source, row) : undefined) }
    }
  }
}

/** What the client holds of a source by this journal, ascending by id. */
export function* heldItems(db: DatabaseSync, source: number): Iterable<KnownItem> {
  for (const { row, item } of outcomes(db, source)) if (isHeld(row)) yield item
}

/** Whether the client holds an item in its state of this package. */
export function isHeld({ state }: ItemRow): boolean {
  return state === 'exported' || state === 'unchanged'
}
