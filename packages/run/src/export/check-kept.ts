import type { DatabaseSync } from 'node:sqlite'
import { volumeName } from '@restitute/archive'
import { RestituteError, together } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { durably } from '../journal/database.ts'
import { bagShard, reopenShard, type ShardRow, shardRows } from '../journal/shards.ts'
import { dropSource, type SourceRow, setUnfinished, sourceRows } from '../journal/sources.ts'
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

/** Removes volumes and indexes that the journal does not know: the manifest will not name them. Gives the bytes of all that it does. */
async function removeStrangers({ db, destination }: Job): Promise<ReadonlyMap<string, number>> {
  const known = new Set(writtenFiles(db).map(({ name }) => name))
  const found = new Map<string, number>()
  for await (const { name, bytes } of destination.list()) {
    if (known.has(name)) found.set(name, bytes)
    else if (/^(volumes|index)\//.test(name)) await destination.remove(name)
  }
  return found
}

/**
 * Before anybody signs: that what was written is still there, and nothing else. A disk that was taken out has taken its volumes
 * with it, while what came later was written to the folder below it. Throws `destination-failed`.
 */
export async function checkPlace(job: Job): Promise<void> {
  const { db, destination } = job
  // A worker that died may have left an unfinished file.
  await destination.sweep()
  const found = await removeStrangers(job)
  for (const { name, bytes } of writtenFiles(db)) {
    const got = found.get(name)
    if (got === bytes) continue
    throw new RestituteError(
      'destination-failed',
      `${destination.url}: ${name}: expected ${bytes} bytes, got ${got === undefined ? 'no file' : `${got} bytes`}`,
      {
        hint: 'see whether the disk there is still the same, then run the same export again: what is missing is made anew',
      },
    )
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
