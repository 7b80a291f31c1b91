import type { Shard } from '@restitute/core'
import { RestituteError, type ShardLimits } from '@restitute/core'
import type { Tally } from '@restitute/manifest'
import { durably } from '../journal/database.ts'
import { countItems, exportTally } from '../journal/items.ts'
import { setMeta } from '../journal/meta.ts'
import { bagShard, shardWriter } from '../journal/shards.ts'
import { type SourceRow, setPlanned } from '../journal/sources.ts'
import { takeSample } from '../sample/leave-out.ts'
import { setPacks } from '../sample/packs.ts'
import type { Job } from './job.ts'
import type { LiveSource } from './live-source.ts'

const mebibyte = 1024 ** 2
const largestShard = 1024 * mebibyte
const smallestShard = 64 * mebibyte
const mostItems = 20_000
const fewestItems = 2_000
const partBytes = 1024 * mebibyte
const shardsPerWorker = 4
const drawnShards = 24
const smallestDrawn = mebibyte / 8
const largestDrawn = 64 * mebibyte
const fewestDrawn = 20

/**
 * Cuts the items to export into shards and gives each its volume number; the bag's volume comes last. Throws
 * `source-empty` when the inventory holds nothing and the contract does not say so (R2).
 */
export async function planSource(
  job: Job,
  live: LiveSource,
  row: SourceRow,
  signal: AbortSignal,
): Promise<void> {
  const { db, journal } = job
  refuseEmpty(job, live, row)
  const tally = exportTally(db, row.id)
  const limits = job.options.limits ?? limitsOf(job, tally)
  const shards: Shard[] = []
  const request = { key: live.key, journal, source: row.id, last: tally.items, limits }
  const onBatch = (batch: readonly Shard[]): void => void shards.push(...batch)
  if (tally.items > 0) await live.use((worker) => worker.call('plan', request, { signal, onBatch }), signal)
  checkCover(shards, tally.items)
  durably(db, () => {
    const write = shardWriter(db)
    for (const shard of toMake(job, row, shards, tally)) write(row.id, shard)
    write(row.id, { id: bagShard, first: 0, last: 0, bytes: 0 })
    setPlanned(db, row.id)
  })
}

/** All of them, but for a rehearsal: there each stands for the volume that is named after it. */
function toMake(
  { db, options, workers }: Job,
  { id }: SourceRow,
  shards: readonly Shard[],
  tally: Tally,
): readonly Shard[] {
  if (!options.sample) return shards
  const volume = shardLimits(tally, workers)
  const { volumes, strata } = takeSample(db, id, shards, options.sample, { workers, volume })
  setMeta(db, `strata:${id}`, JSON.stringify(strata))
  setPacks(db, id, volumes)
  return volumes.flatMap(([first]) => first ?? [])
}

function limitsOf({ options: { sample }, workers }: Job, tally: Tally): ShardLimits {
  return sample === undefined ? shardLimits(tally, workers) : sampleLimits(tally, sample.share)
}

/** So many shards of a sample that their differences can be told; several of them make a volume. */
function sampleLimits(tally: Tally, share: number): ShardLimits {
  const bytes = clamp((tally.bytes * share) / drawnShards, smallestDrawn, largestDrawn)
  const items = clamp((tally.items * share) / drawnShards, fewestDrawn, fewestItems)
  return { bytes, items, partBytes: bytes }
}

/** Some shards for every worker, so that all end at about the same time; neither tiny nor above 1 GiB. */
export function shardLimits(tally: Tally, workers: number): ShardLimits {
  const share = workers * shardsPerWorker
  return {
    bytes: clamp(tally.bytes / share, smallestShard, largestShard),
    items: clamp(tally.items / share, fewestItems, mostItems),
    partBytes,
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.ceil(value)))
}

function refuseEmpty(job: Job, live: LiveSource, row: SourceRow): void {
  if (live.source.terms.empty || countItems(job.db, row.id) > 0) return
  throw new RestituteError('source-empty', `source ${row.name}: expected items, found none`, {
    hint: 'is it the right one, and mounted; if it must be empty, declare it with empty: true in the contract',
  })
}

/** Every item to export must be in a shard (R1): a connector's error must not lose any. */
function checkCover(shards: readonly Shard[], items: number): void {
  let covered = 0
  for (const { first, last } of shards) {
    if (first > covered + 1 || last < first || last > items) break
    covered = Math.max(covered, last)
  }
  if (covered === items) return
  throw new RestituteError('internal', `shards: expected all items 1 to ${items}, got only 1 to ${covered}`)
}
