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
  const held = db.prepare(
    `SELECT digest FROM items WHERE source = ? AND id = ? AND state IN ('exported', 'unchanged')`,
  )
  return ({ item, kind, state, bytes, count, mark, digest, attributes, leader, reason }) => {
    if (state !== 'unchanged') drop.run(source, item)
    else if (packageNumber > 0) checkUnchanged(digest, held.get(source, item))
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

/** Its content is what a package before it brought: of another digest the client would hold something else. */
function checkUnchanged(digest: string | undefined, held: Record<string, unknown> | undefined): void {
  if (held === undefined) throw inconsistent('an item is called unchanged, but no package before it holds it')
  if (digest === undefined || held['digest'] === null || held['digest'] === digest) return
  throw inconsistent('an item is called unchanged, but has another digest than the package before it says')
}

/**
 * A package that has a source says of each of its items what became of it. Throws `invalid` when one is left out: what the
 * client would be given of it is older than the package.
 */
export function checkAllNamed(db: DatabaseSync, packageNumber: number, source: string): void {
  const older = db.prepare(
    `SELECT 1 FROM items WHERE source = ? AND package < ? AND state <> 'removed' LIMIT 1`,
  )
  if (older.get(source, packageNumber) === undefined) return
  throw inconsistent(`an item of source ${source} is in one package, and the next one does not name it`)
}

function inconsistent(message: string): RestituteError {
  return new RestituteError('invalid', `series: ${message}`, {
    hint: 'ask the host for another package; what each holds by itself comes out by restitute extract',
  })
}
