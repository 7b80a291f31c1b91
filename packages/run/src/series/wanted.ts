import type { DatabaseSync } from 'node:sqlite'
import type { Restorer } from '@restitute/core'
import { paged, pageRows } from '../journal/database.ts'

/** A volume by its place. */
export interface VolumePlace {
  /** Number of its package, from 0. */
  readonly package: number
  readonly volume: string
}

/** A volume that holds wanted entries. */
export interface WantedVolume extends VolumePlace {
  /** How many. */
  readonly entries: number
}

/** An entry that is wanted in a round. */
export interface WantedEntry {
  readonly item: string | null
  /** Hexadecimal; empty for a directory. */
  readonly sha256: string
  readonly part: number | null
}

/** The round of a tag file that is wanted with whatever is wanted of its volume. */
const withOthers = -1

/**
 * Decides for every entry of a source in which round it is wanted, if at all: entries of items that are held, and
 * the connector's own tag files (those in the bag's last volume are BagIt's). Gives the number of rounds; they are kept in
 * the series until the next call.
 */
export function assignPhases(db: DatabaseSync, source: string, bags: BagVolumes, restorer: Restorer): number {
  db.exec('UPDATE entries SET phase = NULL')
  const set = db.prepare('UPDATE entries SET phase = ? WHERE rowid = ?')
  // `+`: an index of the source would be read and sorted anew for each page.
  const select = db.prepare(
    `SELECT e.rowid AS row, e.path, e.item, e.package, e.volume FROM entries e
     LEFT JOIN items i ON i.source = e.source AND i.id = e.item
     WHERE +e.source = ? AND e.rowid > ? AND (e.item IS NULL OR i.state IN ('exported', 'unchanged'))
     ORDER BY e.rowid LIMIT 1000`,
  )
  type Row = { row: number; path: string; item: string | null; package: number; volume: string }
  const next = (from: number): Row[] => select.all(source, from) as unknown as Row[]
  for (let rows = next(0); rows.length > 0; rows = next(rows.at(-1)?.row ?? 0)) {
    db.exec('BEGIN')
    for (const row of rows) {
      if (row.item === null && bags(row)) continue
      const inAll = row.item === null && restorer.groupOf !== undefined
      set.run(inAll ? withOthers : restorer.phase(row.path), row.row)
    }
    db.exec('COMMIT')
  }
  return restorer.phases + (restorer.groupOf === undefined ? 0 : putOff(db, source, restorer.groupOf))
}

/**
 * Puts off what would come before an item of its group with a lower id, which lies in a later package; gives by how many rounds
 * at most.
 */
function putOff(db: DatabaseSync, source: string, groupOf: (item: string) => string): number {
  const set = db.prepare('UPDATE entries SET phase = phase + ? WHERE source = ? AND item = ?')
  const select = db.prepare(
    `SELECT item, package FROM entries WHERE source = ? AND item > ? AND phase IS NOT NULL
     GROUP BY item ORDER BY item LIMIT ${pageRows}`,
  )
  type Row = { item: string; package: number }
  let most = 0
  let last = { group: '', package: 0, rounds: 0 }
  for (const { item, package: number } of paged<Row>(
    (row) => select.all(source, row?.item ?? '') as unknown as Row[],
  )) {
    const group = groupOf(item)
    const rounds = group !== last.group ? 0 : last.rounds + (number < last.package ? 1 : 0)
    if (rounds > 0) set.run(rounds, source, item)
    last = { group, package: number, rounds }
    most = Math.max(most, rounds)
  }
  return most
}

/** Whether a volume is the last one of a bag, with its own files. */
export type BagVolumes = (volume: VolumePlace) => boolean

/** The volumes that hold entries of a round, in the order of the packages. */
export function wantedVolumes(db: DatabaseSync, phase: number): WantedVolume[] {
  const rows = db.prepare(
    `SELECT package, volume, count(*) AS entries FROM entries WHERE phase IN (?, ${withOthers})
     GROUP BY package, volume HAVING max(phase) <> ${withOthers} ORDER BY package, volume`,
  )
  return rows.all(phase) as unknown as WantedVolume[]
}

/** Looks up an entry of a package's bag, if it is wanted in this round. */
export function wantedEntry(
  db: DatabaseSync,
  source: string,
  phase: number,
): (volume: VolumePlace, path: string) => WantedEntry | undefined {
  const select = db.prepare(
    `SELECT item, lower(hex(sha256)) AS sha256, part FROM entries
     WHERE package = ? AND source = ? AND path = ? AND volume = ? AND phase IN (?, ${withOthers})`,
  )
  return (volume, path) =>
    select.get(volume.package, source, path, volume.volume, phase) as unknown as WantedEntry | undefined
}
