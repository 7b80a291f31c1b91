import type { DatabaseSync } from 'node:sqlite'
import type { Item } from '@restitute/core'
import { paged, pageRows } from './database.ts'
import { type ItemRow, itemColumns, itemOf } from './items.ts'

/** All items to export, in order; one that is read with another has that one as its leader. */
export async function* itemsToExport(db: DatabaseSync, source: number): AsyncIterable<Item> {
  const idAt = db.prepare('SELECT id FROM items WHERE source = ? AND ordinal = ?')
  for (const row of inRange(db, source, 1, Number.MAX_SAFE_INTEGER, '')) {
    yield row.read_at === row.ordinal ? itemOf(row) : led(row, String(idAt.get(source, row.read_at)?.['id']))
  }
}

/** The items of the shard from ordinal `first` to `last`: each followed by those that are read with it. */
export async function* itemsOfShard(
  db: DatabaseSync,
  source: number,
  first: number,
  last: number,
): AsyncIterable<Item> {
  const others = followers(db, source, first, last)
  let next = others.next()
  for (const row of inRange(db, source, first, last, 'AND read_at = ordinal')) {
    yield itemOf(row)
    for (; !next.done && next.value.read_at === row.ordinal; next = others.next())
      yield led(next.value, row.id)
  }
}

function led(row: ItemRow, leader: string): Item {
  return { ...itemOf(row), leader }
}

function inRange(
  db: DatabaseSync,
  source: number,
  first: number,
  last: number,
  condition: string,
): Iterable<ItemRow> {
  const select = db.prepare(
    `SELECT ${itemColumns} FROM items WHERE source = ? AND ordinal > ? AND ordinal <= ? ${condition}
     ORDER BY ordinal LIMIT ${pageRows}`,
  )
  return paged<ItemRow>((row) => select.all(source, row?.ordinal ?? first - 1, last) as unknown as ItemRow[])
}

/** Items that are read with those of a range, in its order. */
function followers(
  db: DatabaseSync,
  source: number,
  first: number,
  last: number,
): Generator<ItemRow, void, undefined> {
  const select = db.prepare(
    `SELECT ${itemColumns} FROM items
     WHERE source = ? AND read_at <> ordinal AND (read_at, ordinal) > (?, ?) AND read_at <= ?
     ORDER BY read_at, ordinal LIMIT ${pageRows}`,
  )
  return paged<ItemRow>((row) => {
    const [at, ordinal] = row ? [row.read_at, row.ordinal] : [first, 0]
    return select.all(source, at, ordinal, last) as unknown as ItemRow[]
  })
}
