import type { DatabaseSync } from 'node:sqlite'
import type { BagDirectory, BagTally, EntryRecord } from '@restitute/archive'
import type { EntryAttributes, JsonObject, Loss } from '@restitute/core'
import { paged, pageRows } from './database.ts'
import { reasonLine } from './reasons.ts'

/** A directory that the bag's last volume brings. */
export interface FoundDirectory extends BagDirectory {
  readonly item?: string
}

/** What the making of a volume reveals, in order. */
export type VolumeNote =
  | { readonly entry: EntryRecord }
  | { readonly directory: FoundDirectory }
  | { readonly loss: Loss }
  | { readonly finding: Finding }

/** What reading found of an item. */
export interface Finding {
  readonly item: string
  readonly found: JsonObject
}

/** An entry and its volume's number. */
export interface PlacedEntry {
  readonly volume: number
  readonly entry: EntryRecord
  /** What reading found of its item. */
  readonly found?: JsonObject
}

interface RawRow {
  path: string
  volume: number
  item: string | null
  type: EntryRecord['type']
  link: string | null
  size: number
  sha256: string | null
  part: number | null
}

/** Of a page of items: what is held in memory does not grow with the number of their parts. */
const mostEntries = 4 * pageRows

const columns = 'path, volume, item, type, link, size, lower(hex(sha256)) AS sha256, part'

function entryOf({ path, volume, item, type, link, size, sha256, part }: RawRow): PlacedEntry {
  // As in `itemOf`.
  const entry: { -readonly [K in keyof EntryRecord]: EntryRecord[K] } = { path, type, size }
  if (item !== null) entry.item = item
  if (link !== null) entry.link = link
  if (sha256 !== null && sha256 !== '') entry.sha256 = sha256
  if (part !== null) entry.part = part
  return { volume, entry }
}

/**
 * Writes notes; one transaction around many. Values are bound by number: by name it takes twice the time. A directory
 * written by the bag's volume takes its item from its finding.
 */
export function noteWriter(db: DatabaseSync): (source: number, volume: number, note: VolumeNote) => void {
  const addEntry = db.prepare(
    `INSERT INTO entries (source, path, volume, item, type, link, size, sha256, part)
     VALUES (?1, ?2, ?3, coalesce(?4,
       (SELECT item FROM directories WHERE ?5 = 'directory' AND source = ?1 AND path = ?2)),
       ?5, ?6, ?7, unhex(?8), ?9)`,
  )
  const addDirectory = db.prepare('INSERT INTO directories VALUES (?, ?, ?, ?, ?, ?, ?)')
  const addLoss = db.prepare('INSERT INTO losses VALUES (?, ?, ?, ?)')
  const addFinding = db.prepare('INSERT INTO findings VALUES (?, ?, ?, ?)')
  return (source, volume, note) => {
    if ('finding' in note) {
      addFinding.run(source, note.finding.item, volume, JSON.stringify(note.finding.found))
    } else if ('loss' in note) addLoss.run(source, volume, note.loss.item, reasonLine(note.loss.lost))
    else if ('directory' in note) {
      const { path, item, mode, modified, ...attributes } = note.directory
      const texts = [String(modified), JSON.stringify(attributes)]
      addDirectory.run(source, path, volume, item ?? null, mode, ...texts)
    } else {
      const { path, item, type, link, size, sha256, part } = note.entry
      addEntry.run(source, path, volume, item ?? null, type, link ?? null, size, sha256 ?? null, part ?? null)
    }
  }
}

type FoundRow = RawRow & { readonly found: string | null }

const withFound = `SELECT ${columns},
  (SELECT found FROM findings WHERE source = entries.source AND item = entries.item) AS found FROM entries`

function placed(row: FoundRow): PlacedEntry {
  return row.found === null ? entryOf(row) : { ...entryOf(row), found: JSON.parse(row.found) as JsonObject }
}

/** The entries of one item, parts in order, with what reading found of it. */
export function entriesOfItem(db: DatabaseSync): (source: number, item: string) => PlacedEntry[] {
  const select = db.prepare(`${withFound} WHERE source = ? AND item = ? ORDER BY part, path`)
  return (source, item) => (select.all(source, item) as unknown as FoundRow[]).map(placed)
}

/** The same of all items of a page, ascending by id, or of one after the other where they have too many. */
export function entriesOfPage(
  db: DatabaseSync,
  source: number,
): (items: readonly { readonly id: string }[]) => (item: string) => PlacedEntry[] {
  const select = db.prepare(
    `${withFound} WHERE source = ? AND item BETWEEN ? AND ? ORDER BY item, part, path LIMIT ${mostEntries}`,
  )
  const entriesOf = entriesOfItem(db)
  return (items) => {
    const rows = select.all(source, items[0]?.id ?? '', items.at(-1)?.id ?? '') as unknown as FoundRow[]
    if (rows.length === mostEntries) return (item) => entriesOf(source, item)
    const byItem = Map.groupBy(rows, (row) => row.item)
    return (item) => byItem.get(item)?.map(placed) ?? []
  }
}

function selectEntries(db: DatabaseSync, source: number, where: string): Iterable<PlacedEntry> {
  const select = db.prepare(
    `SELECT ${columns} FROM entries WHERE source = ? AND path > ? AND ${where} ORDER BY path LIMIT ${pageRows}`,
  )
  const rows = paged<RawRow>((last) => select.all(source, last?.path ?? '') as unknown as RawRow[])
  return rows.map(entryOf)
}

/** Entries that belong to no item (tag files), by path. */
export function tagEntries(db: DatabaseSync, source: number): Iterable<PlacedEntry> {
  return selectEntries(db, source, 'item IS NULL')
}

/** The files of a bag's payload and links to them, by path. */
export function payloadFiles(db: DatabaseSync, source: number): Iterable<PlacedEntry> {
  return selectEntries(db, source, `type <> 'directory' AND path >= 'data/' AND path < 'data0'`)
}

/** The files of a bag outside its payload, by path. */
export function tagFiles(db: DatabaseSync, source: number): Iterable<PlacedEntry> {
  return selectEntries(db, source, `type = 'file' AND NOT (path >= 'data/' AND path < 'data0')`)
}

/** The directories of a bag, by path: parents first. */
export function* foundDirectories(db: DatabaseSync, source: number): Iterable<BagDirectory> {
  const select = db.prepare(
    `SELECT path, mode, modified, attributes FROM directories WHERE source = ? AND path > ? ORDER BY path LIMIT ${pageRows}`,
  )
  type Row = { path: string; mode: number; modified: string; attributes: string }
  for (const row of paged<Row>((last) => select.all(source, last?.path ?? '') as unknown as Row[])) {
    const { path, mode, modified } = row
    yield { path, mode, modified: BigInt(modified), ...(JSON.parse(row.attributes) as EntryAttributes) }
  }
}

/** Files and bytes of a bag's payload as they lie there once extracted: each name of a file counts. */
export function payloadTally(db: DatabaseSync, source: number): BagTally {
  const row = db
    .prepare(
      `SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes, coalesce(sum(octet_length(path)), 0) AS pathBytes
       FROM entries WHERE source = ? AND type <> 'directory' AND path >= 'data/' AND path < 'data0'`,
    )
    .get(source)
  return row as unknown as BagTally
}

/** Entries and bytes of files that the journal knows of a volume; a link adds no bytes. */
export function volumeTally(db: DatabaseSync, volume: number): { entries: number; bytes: number } {
  const row = db
    .prepare(
      `SELECT count(*) AS entries, coalesce(sum(size) FILTER (WHERE type <> 'link'), 0) AS bytes
       FROM entries WHERE volume = ?`,
    )
    .get(volume)
  return row as unknown as { entries: number; bytes: number }
}
