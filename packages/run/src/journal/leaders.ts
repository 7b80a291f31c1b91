import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ItemRow } from './items.ts'

/*
 * A file may have tens of thousands of names: each is asked for by itself, so that none is found by going through all the others.
 * The conditions are word for word those of the indexes; without "unlikely" SQLite would rather go through all items, in order.
 */

/** Names the first item of a file's names among those that the client holds; nothing for that one itself. */
export function heldLeader(db: DatabaseSync): (source: number, row: ItemRow) => string | undefined {
  const held = `state IN ('exported', 'unchanged')`
  const itself = db.prepare(`SELECT id AS found FROM items WHERE source = ? AND id = ? AND ${held}`)
  const follower = db.prepare(
    `SELECT min(id) AS found FROM items WHERE source = ? AND unlikely(leader = ?) AND ${held}`,
  )
  return (source, { id, leader }) => {
    if (leader === null) return undefined
    const first = firstOf([itself, follower], source, leader)
    return typeof first === 'string' && first !== id ? first : undefined
  }
}

/** Gives the ordinal of the first item to export, so far, of the file that `leader` is a name of. */
export function exportedName(db: DatabaseSync, source: number): (leader: string) => number | undefined {
  const numbered = 'ordinal IS NOT NULL'
  const itself = db.prepare(`SELECT ordinal AS found FROM items WHERE source = ? AND id = ? AND ${numbered}`)
  const follower = db.prepare(
    `SELECT min(ordinal) AS found FROM items WHERE source = ? AND leader = ? AND ${numbered}`,
  )
  return (leader) => {
    const first = firstOf([itself, follower], source, leader)
    return typeof first === 'number' ? first : undefined
  }
}

/** The leader comes before its followers. */
function firstOf(statements: readonly StatementSync[], source: number, leader: string): unknown {
  for (const statement of statements) {
    const found = statement.get(source, leader)?.['found'] ?? undefined
    if (found !== undefined) return found
  }
  return undefined
}
