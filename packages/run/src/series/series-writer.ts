import type { DatabaseSync } from 'node:sqlite'
import { RestituteError } from '@restitute/core'
import type { IndexEntry, IndexItem, IndexLine } from '@restitute/manifest'

/**
 * Merges the lines of one index into the series, packages oldest first: an item's content comes from the newest
 * package that exported it, and counts only while its newest state is "exported" or "unchanged".
 */
export function seriesWriter(
  db: DatabaseSync,
  packageNumber: number,
  source: string,
): (line: IndexLine) => void {
  const addItem = itemWriter(db, packageNumber, source)
  const addEntry = entryWriter(db, packageNumber, source)
  return (line) => ('entry' in line ? addEntry(line) : addItem(line))
}

function itemWriter(db: DatabaseSync, packageNumber: number, source: string): (line: IndexItem) => void {
  const put = db.prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const drop = db.prepare('DELETE FROM entries WHERE source = ? AND item = ?')
  const holds = db.prepare(
    `SELECT 1 FROM items WHERE source = ? AND id = ? AND state IN ('exported', 'unchanged')`,
  )
  return ({ item, kind, state, bytes, count, mark, digest, attributes, leader, reason }) => {
    if (state !== 'unchanged') drop.run(source, item)
    else if (packageNumber > 0 && !holds.get(source, item)) throw notHeld()
    const rest = [count ?? null, mark, digest ?? null, attributes ? JSON.stringify(attributes) : null]
    put.run(source, item, packageNumber, kind, state, bytes, ...rest, leader ?? null, reason ?? null)
  }
}

function entryWriter(db: DatabaseSync, packageNumber: number, source: string): (line: IndexEntry) => void {
  const put = db.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, unhex(?), ?, NULL)')
  return ({ entry, item, volume, sha256, part }) => {
    put.run(source, item ?? null, packageNumber, volume, entry, sha256 ?? null, part ?? null)
  }
}

function notHeld(): RestituteError {
  return new RestituteError(
    'invalid',
    'series: an item is called unchanged, but no package before it holds it',
  )
}
