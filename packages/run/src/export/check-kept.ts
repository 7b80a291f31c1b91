import type { DatabaseSync } from 'node:sqlite'
import { volumeName } from '@restitute/archive'
import { RestituteError, together } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { durably } from '../journal/database.ts'
import { bagShard, reopenShard, type ShardRow, shardRows } from '../journal/shards.ts'
import { dropSource, type SourceRow, setUnfinished, sourceRows } from '../journal/sources.ts'
import { refuseMissing } from '../refuse-missing.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { Job } from './job.ts'

/**
 * Brings journal and destination into agreement after an interruption: removes temporary files, hashes every finished
 * volume and index again. Gives the names of the volumes that are kept.
 */
export async function checkKept(
  job: Job,
  pool: WorkerPool,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { db, destination } = job
  await refuseOthers(job)
  await destination.sweep()
  const sources = sourceRows(db)
  const checks = shardRows(db).map((row) => (s: AbortSignal) => checkShard(job, pool, row, s))
  await together(signal, checks)
  await together(
    signal,
    sources.map((row) => (s: AbortSignal) => checkIndex(job, pool, row, s)),
  )
  await removeStrangers(job)
  return writtenVolumes(db)
}

/**
 * Throws `target-not-empty` where nothing is left of what this export has written, but volumes that it has not: those of another
 * export, on a disk that was mounted in the place of this one's. They would be removed as strangers.
 */
async function refuseOthers({ db, destination }: Job): Promise<void> {
  const written = new Map(writtenFiles(db).map(({ name, bytes }) => [name, bytes]))
  let others = 0
  for await (const { name, bytes } of destination.list()) {
    if (written.get(name) === bytes) return
    if (isOfVolumes(name)) others++
  }
  if (written.size === 0 || others === 0) return
  throw new RestituteError(
    'target-not-empty',
    `export: ${destination.url} holds volumes, and none of the ${written.size} files that this export has written there`,
    {
      hint: 'see which disk is mounted there: mount the one that was there; what lies on this one may be of another contract',
    },
  )
}

function isOfVolumes(name: string): boolean {
  return /^(volumes|index)\//.test(name)
}

/** Forgets what of the journal does not count: inventories that did not come to their end, notes of unfinished volumes. */
export function forgetUnfinished({ db }: Job): void {
  durably(db, () => {
    for (const source of sourceRows(db)) if (source.state === 'inventory') dropSource(db, source.id)
    for (const row of shardRows(db)) if (!row.result) reopenShard(db, row.volume)
  })
}

async function checkShard(job: Job, pool: WorkerPool, row: ShardRow, signal: AbortSignal): Promise<void> {
  if (!row.result || (await lies(job, pool, row.result.record, signal))) return
  const bag = shardRows(job.db, row.source).find(({ shard }) => shard.id === bagShard)
  durably(job.db, () => {
    reopenShard(job.db, row.volume)
    if (bag) reopenShard(job.db, bag.volume)
    setUnfinished(job.db, row.source)
  })
}

async function checkIndex(job: Job, pool: WorkerPool, row: SourceRow, signal: AbortSignal): Promise<void> {
  if (!row.index || (await lies(job, pool, row.index, signal))) return
  durably(job.db, () => setUnfinished(job.db, row.id))
}

function lies(job: Job, pool: WorkerPool, record: FileRecord, signal: AbortSignal): Promise<boolean> {
  return pool.use((worker) => worker.call('check', { place: job.place, record }, { signal }))
}

/** Before anybody signs: that what was written is still there, and nothing else. Throws `destination-failed`. */
export async function checkPlace(job: Job): Promise<void> {
  // A worker that died may have left an unfinished file.
  await job.destination.sweep()
  await removeStrangers(job)
  await refuseMissing(job.destination, writtenFiles(job.db))
}

/** Volumes and indexes that the journal does not know: the manifest will not name them. */
async function removeStrangers({ db, destination }: Job): Promise<void> {
  const known = new Set(writtenFiles(db).map(({ name }) => name))
  for await (const { name } of destination.list()) {
    if (isOfVolumes(name) && !known.has(name)) await destination.remove(name)
  }
}

/** The volumes and indexes that are in their places, as the journal knows. */
export function writtenFiles(db: DatabaseSync): readonly FileRecord[] {
  const volumes = shardRows(db).flatMap(({ result }) => result?.record ?? [])
  return [...volumes, ...sourceRows(db).flatMap(({ index }) => index ?? [])]
}

/** Names of the volumes that are in their places, as the journal knows. */
export function writtenVolumes(db: DatabaseSync): Set<string> {
  return new Set(shardRows(db).flatMap((row) => (row.result ? [volumeName(row.volume)] : [])))
}
