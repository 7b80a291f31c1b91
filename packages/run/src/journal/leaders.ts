import type { DatabaseSync } from 'node:sqlite'
import type { ItemRow } from './items.ts'

/** Names the first item of a file's names among those that the client holds; nothing for that one itself. */
export function heldLeader(db: DatabaseSync): (source: number, row: ItemRow) => string | undefined {
  const first = db.prepare(
    `SELECT min(id) AS id FROM items
     WHERE source = ? AND (id = ? OR leader = ?) AND state IN ('exported', 'unchanged')`,
  )
  return (source, { id, leader }) => {
    if (leader === null) return undefined
    const held = first.get(source, leader, leader)?.['id']
    return typeof held === 'string' && held !== id ? held : undefined
  }
}

/** Gives the ordinal of the first item to export, so far, of the file that `leader` is a name of. */
export function exportedName(db: DatabaseSync, source: number): (leader: string) => number | undefined {
  const first = db.prepare(
    'SELECT min(ordinal) AS ordinal FROM items WHERE source = ? AND (id = ? OR leader = ?)',
  )
  return (leader) => {
    const ordinal = first.get(source, leader, leader)?.['ordinal']
    return typeof ordinal === 'number' ? ordinal : undefined
  }
}
