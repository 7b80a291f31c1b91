import type { DatabaseSync } from 'node:sqlite'
import type { Measurement, Tally } from '@restitute/manifest'
import { measuredBeside } from '../export/measured.ts'
import { journalPath, readDatabase } from '../journal/database.ts'
import { inventoryTally } from '../journal/items.ts'
import { getMeta } from '../journal/meta.ts'
import { bagShard, itemsOf, shardRows } from '../journal/shards.ts'
import { type SourceRow, sourceRows } from '../journal/sources.ts'
import type { Stratum } from './choose.ts'
import { packsOf } from './packs.ts'

/** What one volume cost. */
export interface MeasuredShard {
  readonly id: string
  /** Pieces of items count as one. */
  readonly items: number
  /** Plaintext, as read. */
  readonly bytes: number
  /** Ciphertext, as written. */
  readonly written: number
  /** When its worker began: milliseconds since 1970 by the machine's clock. */
  readonly began: number
  /**
   * From the request until its worker could begin the next one: what is left, flushing and reading back, goes on beside that
   * one and counts in its time.
   */
  readonly seconds: number
  /** One record a stage; busy and waiting seconds of a stage add up to the time that the chain took. */
  readonly stages: readonly Measurement[]
}

/** One source of a package: what was drawn from what, and what it cost. */
export interface SourceSample {
  readonly source: string
  /** The whole inventory. */
  readonly inventoried: Tally
  /** Of a sample; a full export has none. */
  readonly strata: readonly Stratum[]
  readonly shards: readonly MeasuredShard[]
  /** The bag's own volume: hardly more than what any volume costs. */
  readonly bag: MeasuredShard | undefined
  /** What is done once: `inventory`, `index`. */
  readonly beside: readonly Measurement[]
}

/** What a finished export has measured, out of its journal; `not-found` when there is none. */
export function sampledSources(workDir: string, packageName: string): SourceSample[] {
  using db = readDatabase(journalPath(workDir, packageName))
  const beside = measuredBeside(db)
  return sourceRows(db).map((row) => ({
    source: row.name,
    inventoried: inventoryTally(db, row.id),
    strata: JSON.parse(getMeta(db, `strata:${row.id}`) ?? '[]') as Stratum[],
    ...shardsOf(db, row),
    beside: beside.filter(({ source }) => source === row.name),
  }))
}

function shardsOf(db: DatabaseSync, { id }: SourceRow): Pick<SourceSample, 'shards' | 'bag'> {
  const packs = packsOf(db, id)
  const measured = shardRows(db, id).flatMap(({ shard, result }): MeasuredShard[] => {
    if (!result) return []
    const { record, measurements: stages, began, seconds } = result
    const all = [shard, ...(packs[shard.id] ?? [])]
    const items = shard.id === bagShard ? 1 : all.reduce((sum, one) => sum + itemsOf(one), 0)
    const { plaintextBytes: bytes, bytes: written } = record
    return [{ id: shard.id, items, bytes, written, began, seconds, stages }]
  })
  return {
    shards: measured.filter((one) => one.id !== bagShard),
    bag: measured.find((one) => one.id === bagShard),
  }
}
