import type { DatabaseSync } from 'node:sqlite'
import type { WrittenVolume } from '@restitute/archive'
import type { Shard } from '@restitute/core'

/** Id of the shard that brings the bag's own files. */
export const bagShard = 'bag'

/** A volume that is in its place, and when and how long it kept its worker from beginning the next one. */
export interface MadeVolume extends WrittenVolume {
  /** Milliseconds since 1970 by the machine's clock. */
  readonly began: number
  readonly seconds: number
}

/** A shard and the number of its volume. */
export interface ShardRow {
  readonly volume: number
  /** Row of its source. */
  readonly source: number
  readonly shard: Shard
  /** Once the volume is in its place. */
  readonly result?: MadeVolume
}

/** How many items a shard has, followers of other items left out. */
export function itemsOf({ first, last }: Shard): number {
  return last - first + 1
}

interface RawRow {
  volume: number
  source: number
  id: string
  first: number
  last: number
  slice: string | null
  bytes: number
  result: string | null
}

function shardOf(raw: RawRow): ShardRow {
  const { volume, source, id, first, last, slice, bytes, result } = raw
  return {
    volume,
    source,
    shard: { id, first, last, bytes, ...(slice !== null && { slice: JSON.parse(slice) }) },
    ...(result !== null && { result: JSON.parse(result) }),
  }
}

/** Adds shards; each gets the next volume number of the package. Numbers are never given twice. */
export function shardWriter(db: DatabaseSync): (source: number, shard: Shard) => void {
  const next = db.prepare(
    `INSERT INTO meta VALUES ('volumes', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1 RETURNING value`,
  )
  const insert = db.prepare(
    'INSERT INTO shards (volume, source, id, first, last, slice, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  return (source, { id, first, last, slice, bytes }) => {
    const volume = Number(next.get()?.['value'])
    insert.run(volume, source, id, first, last, slice ? JSON.stringify(slice) : null, bytes)
  }
}

/** The shards of a source, or of all sources, in the order of their volumes. */
export function shardRows(db: DatabaseSync, source?: number): ShardRow[] {
  const rows = db.prepare('SELECT * FROM shards WHERE source = ? OR ? IS NULL ORDER BY volume')
  return (rows.all(source ?? null, source ?? null) as unknown as RawRow[]).map(shardOf)
}

/** Notes that a volume is in its place. */
export function setWritten(db: DatabaseSync, volume: number, result: MadeVolume): void {
  db.prepare('UPDATE shards SET result = ? WHERE volume = ?').run(JSON.stringify(result), volume)
}

/** Forgets what a volume held; its shard is to be done again. */
export function reopenShard(db: DatabaseSync, volume: number): void {
  for (const table of ['entries', 'directories', 'losses', 'findings']) {
    db.prepare(`DELETE FROM ${table} WHERE volume = ?`).run(volume)
  }
  db.prepare('UPDATE shards SET result = NULL WHERE volume = ?').run(volume)
}
