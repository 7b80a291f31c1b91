import { DatabaseSync } from 'node:sqlite'
import type { IndexEntry } from '@restitute/manifest'

/** An entry as the index lists it. */
export interface ListedEntry {
  readonly path: string
  readonly type: IndexEntry['type']
  /** Path of the file of a link; else empty. */
  readonly link: string
  readonly size: number
  /** Empty for a directory. */
  readonly sha256: string
  readonly volume: string
}

/** How often an entry was met: in a volume, and in the manifests of its bag. */
export type Place = 'volume' | 'bag'

/**
 * The entries of the indexes, to be met again elsewhere: a join that does not grow in memory. Kept in a private
 * temporary database that has no name and goes with the process.
 */
export interface EntryJoin extends Disposable {
  /** False when an entry of that path is listed already. */
  list(source: string, entry: ListedEntry): boolean
  /** What is listed. */
  find(source: string, path: string): ListedEntry | undefined
  /**
   * Whether an entry is listed exactly as it was met in a volume; then notes that it has been. Says by half of the work
   * what {@link meetInVolume} says of nearly every entry, and changes nothing when it does not hold.
   */
  meetAsListed(source: string, met: ListedEntry): boolean
  /** What is listed, and notes that it has been met in a volume, if that is the one for which it is listed. */
  meetInVolume(source: string, path: string, volume: string): ListedEntry | undefined
  /** Whether it is listed with this digest and was in no manifest before; then notes that it has been. Like {@link meetAsListed}. */
  meetOnceInBag(source: string, path: string, sha256: string): boolean
  /** What is listed, and whether it was met in a manifest before; notes that it has been met there. */
  meetInBag(source: string, path: string): (ListedEntry & { readonly again: boolean }) | undefined
  /** Counts the entries that are listed for each volume of a source. */
  countByVolume(source: string): ReadonlyMap<string, number>
  /** Notes that everything listed for these volumes of a source has been met there. */
  meetAll(source: string, volumes: readonly string[]): void
  /** Listed entries that were not met there, ascending by path. */
  unmet(source: string, place: Place): Iterable<ListedEntry>
  /** Paths of files and links below which others lie, ascending: such a package can be extracted nowhere. */
  filesAsFolders(source: string): Iterable<string>
  /** Files, links among them, and bytes of the payload (`data/…`), as they are once extracted. */
  payload(source: string): { readonly files: number; readonly bytes: number }
}

/** An empty {@link EntryJoin}. */
export function newEntryJoin(): EntryJoin {
  const db = new DatabaseSync('')
  db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
    CREATE TABLE entry (source TEXT, path TEXT, type TEXT, link TEXT, size INTEGER, sha256 TEXT, volume TEXT,
      in_volume INTEGER DEFAULT 0, in_bag INTEGER DEFAULT 0, PRIMARY KEY (source, path)) WITHOUT ROWID;
    BEGIN`)
  const statements = prepare(db)
  return {
    list: (source, { path, type, link, size, sha256, volume }) =>
      statements.list.run(source, path, type, link, size, sha256, volume).changes === 1,
    find: (source, path) => {
      const row = statements.find.get(source, path)
      return row && entryOf(row)
    },
    meetAsListed: (source, { path, type, link, size, sha256, volume }) =>
      statements.meetAsListed.run(source, path, type, link, size, sha256, volume).changes === 1,
    meetInVolume: (source, path, volume) => {
      const row = statements.meetInVolume.get(volume, source, path)
      return row && entryOf(row)
    },
    meetOnceInBag: (source, path, sha256) => statements.meetOnceInBag.run(source, path, sha256).changes === 1,
    meetInBag: (source, path) => {
      const row = statements.meetInBag.get(source, path)
      return row && { ...entryOf(row), again: row['in_bag'] !== 1 }
    },
    countByVolume: (source) =>
      new Map(
        statements.countByVolume.all(source).map((row) => [String(row['volume']), Number(row['entries'])]),
      ),
    meetAll: (source, volumes) => void statements.meetAll.run(source, JSON.stringify(volumes)),
    *unmet(source, place) {
      for (const row of statements.unmet[place].iterate(source)) yield entryOf(row)
    },
    *filesAsFolders(source) {
      for (const row of statements.filesAsFolders.iterate(source)) yield String(row['path'])
    },
    payload: (source) => {
      const row = statements.payload.get(source)
      return { files: Number(row?.['files']), bytes: Number(row?.['bytes']) }
    },
    [Symbol.dispose]: () => db.close(),
  }
}

type Row = Record<string, unknown>

function prepare(db: DatabaseSync) {
  const unmet = (place: Place) =>
    db.prepare(`SELECT * FROM entry WHERE source = ? AND in_${place} = 0 ORDER BY path`)
  return {
    list: db.prepare(
      'INSERT OR IGNORE INTO entry (source, path, type, link, size, sha256, volume) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    find: db.prepare('SELECT * FROM entry WHERE source = ? AND path = ?'),
    meetAsListed: db.prepare(`UPDATE entry SET in_volume = 1 WHERE source = ? AND path = ?
      AND type = ? AND link = ? AND size = ? AND sha256 = ? AND volume = ?`),
    meetInVolume: db.prepare(
      'UPDATE entry SET in_volume = in_volume + (volume = ?) WHERE source = ? AND path = ? RETURNING *',
    ),
    meetOnceInBag: db.prepare(
      'UPDATE entry SET in_bag = 1 WHERE source = ? AND path = ? AND sha256 = ? AND in_bag = 0',
    ),
    meetInBag: db.prepare('UPDATE entry SET in_bag = in_bag + 1 WHERE source = ? AND path = ? RETURNING *'),
    countByVolume: db.prepare(
      'SELECT volume, count(*) AS entries FROM entry WHERE source = ? GROUP BY volume',
    ),
    meetAll: db.prepare(
      'UPDATE entry SET in_volume = 1 WHERE source = ? AND volume IN (SELECT value FROM json_each(?))',
    ),
    unmet: { volume: unmet('volume'), bag: unmet('bag') },
    filesAsFolders:
      db.prepare(`SELECT path FROM entry AS file WHERE source = ? AND type <> 'directory' AND EXISTS
      (SELECT 1 FROM entry WHERE source = file.source AND path > file.path || '/' AND path < file.path || '0')
      ORDER BY path`),
    payload: db.prepare(`SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM entry
      WHERE source = ? AND type <> 'directory' AND path >= 'data/' AND path < 'data0'`),
  }
}

function entryOf(row: Row): ListedEntry {
  return {
    path: String(row['path']),
    type: row['type'] as ListedEntry['type'],
    link: String(row['link']),
    size: Number(row['size']),
    sha256: String(row['sha256']),
    volume: String(row['volume']),
  }
}
