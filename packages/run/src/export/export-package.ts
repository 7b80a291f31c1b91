import { join } from 'node:path'
import { asRestituteError, RestituteError, throwIfInterrupted, together } from '@restitute/core'
import type { MomentTimes } from '@restitute/manifest'
import { Moment } from '../hooks/moment.ts'
import { exportTally } from '../journal/items.ts'
import { setMeta } from '../journal/meta.ts'
import { bagShard, itemsOf, shardRows } from '../journal/shards.ts'
import { type SourceRow, sourceNamed } from '../journal/sources.ts'
import type { WorkerPool } from '../workers/pool.ts'
import { checkKept, forgetUnfinished, writtenVolumes } from './check-kept.ts'
import { claim } from './claim.ts'
import { finishSource } from './finish-source.ts'
import { type Job, openJob } from './job.ts'
import { LiveSource } from './live-source.ts'
import { measured } from './measured.ts'
import type { ExportedPackage, ExportOptions, ExportSource } from './options.ts'
import { planSource } from './plan-source.ts'
import { alreadySealed, type SealedPackage, seal } from './seal.ts'
import { Steering } from './steering.ts'
import { takeSource } from './take-source.ts'
import { writeVolumes } from './write-volumes.ts'

// A view that is lost in mid-run (its worker died) is taken again, as after a restart in all, but not for ever.
const mostViews = 3

/**
 * Makes the package `<operation>-<sequence>`: inventory, shards, volumes, bags, indexes, seal. Run again with the
 * same options after any interruption it keeps the finished volumes; after success it returns the same package.
 * A source whose frozen view is gone goes on when every item's mark is what it was (the manifest's
 * `view.point` then says so), else it starts again.
 * While it runs, other processes may watch and steer it (`runningExports`, `steerExport`).
 * Errors: `source-empty`, `usage` (begun with other options, unfinished base), `target-not-empty`, `interrupted`
 * (journal and destination stay consistent), and those of the source and destination once retries are used up.
 */
export async function exportPackage(options: ExportOptions): Promise<ExportedPackage> {
  using job = await openJob(options)
  const sealed = await alreadySealed(job)
  if (sealed) return exported(job, sealed, writtenVolumes(job.db))
  using steering = new Steering(job)
  await using pool = options.pool
  try {
    const kept = await checkKept(job, pool, job.stopping)
    await makeAll(job, pool, steering)
    return exported(job, await seal(job), kept)
  } catch (error) {
    throw job.stopping.aborted ? stopped(job, error) : asRestituteError(error)
  }
}

function stopped({ name }: Job, cause: unknown): RestituteError {
  return new RestituteError('interrupted', `export of ${name}: stopped before its end`, {
    cause,
    hint: 'its finished volumes are kept: run the same export again to go on',
  })
}

function exported(job: Job, sealed: SealedPackage, kept: ReadonlySet<string>): ExportedPackage {
  const { name, place } = job
  const { manifest, sha256, incomplete, stamped } = sealed
  const reused = manifest.volumes.filter((volume) => kept.has(volume.name)).length
  const volumes = { reused, made: manifest.volumes.length - reused }
  return { package: name, url: place.url, manifest, sha256, incomplete, stamped, volumes }
}

async function makeAll(job: Job, pool: WorkerPool, steering: Steering): Promise<void> {
  for (let view = 1; ; view++) {
    forgetUnfinished(job)
    try {
      await makeSources(job, pool, steering)
      return
    } catch (error) {
      if (view === mostViews || asRestituteError(error).code !== 'source-view-lost') throw error
    }
  }
}

/** All sources side by side; their volumes are numbered in the order of the contract. */
async function makeSources(job: Job, pool: WorkerPool, steering: Steering): Promise<void> {
  const live = job.options.sources
    .filter(({ terms }) => terms.excluded === undefined)
    .map((source) => new LiveSource(source, pool, momentOf(job, source)))
  const toRead = live.filter(({ key }) => isToRead(job, key))
  steering.steer(live)
  try {
    for (const source of live) await source.moment.hold()
    await together(
      job.stopping,
      toRead.map(
        (source) => (joint) =>
          source.inTurn(() => measured(job, source.key, 'inventory', () => takeSource(job, source, joint))),
      ),
    )
    for (const source of toRead) await plan(job, source)
    await claim(job)
    await together(
      job.signal,
      live.map((source) => (joint) => makeSource(job, pool, source, joint)),
    )
    throwIfInterrupted(job.stopping)
  } finally {
    await Promise.allSettled(live.map((source) => source.close()))
    await together(
      new AbortController().signal,
      live.map((source) => () => source.moment.letGo()),
    )
  }
}

/** What its hooks have done is known to whoever exports from this dossier, and to the manifest. */
function momentOf(job: Job, { spec }: ExportSource): Moment {
  const { workDir, at: clock, hooksDir: folder = join(workDir, 'hooks') } = job.options
  const note = (times: MomentTimes): void => setMeta(job.db, `moment:${spec.name}`, JSON.stringify(times))
  return new Moment(spec, { folder, clock, note })
}

/** Whether anything of a source has yet to be read. */
function isToRead({ db }: Job, name: string): boolean {
  const row = sourceNamed(db, name)
  return !row || shardRows(db, row.id).some(({ shard, result }) => !result && shard.id !== bagShard)
}

async function plan(job: Job, source: LiveSource): Promise<void> {
  const row = rowOf(job, source)
  if (row.state === 'inventory') await planSource(job, source, row, job.stopping)
  const { bytes, items } = exportTally(job.db, row.id)
  job.progress.expect(bytes, items)
  for (const { shard, result } of shardRows(job.db, row.id)) {
    if (result && shard.id !== bagShard) job.progress.kept(result.record.plaintextBytes, itemsOf(shard))
  }
}

async function makeSource(
  job: Job,
  pool: WorkerPool,
  source: LiveSource,
  signal: AbortSignal,
): Promise<void> {
  const row = rowOf(job, source)
  if (row.state === 'finished') return
  if (isToRead(job, source.key)) await writeVolumes(job, source, row, signal)
  if (job.stopping.aborted) return
  await source.release(row.view, signal)
  await measured(job, source.key, 'index', () => finishSource(job, pool, row, signal))
}

function rowOf({ db }: Job, { key }: LiveSource): SourceRow {
  const row = sourceNamed(db, key)
  if (row) return row
  throw new RestituteError('internal', `source ${key}: not in the journal after its inventory`)
}
