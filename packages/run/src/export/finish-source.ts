import { indexName } from '@restitute/archive'
import { durably } from '../journal/database.ts'
import { getMeta } from '../journal/meta.ts'
import { applyLosses } from '../journal/outcomes.ts'
import { bagShard, shardRows } from '../journal/shards.ts'
import { type SourceRow, setFinished } from '../journal/sources.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { Job } from './job.ts'
import { withRetries } from './retry.ts'
import { makeVolume, writing } from './write-volumes.ts'

/** Once every volume of a source is there: losses of its items, the bag's own volume, the index. Repeatable. */
export async function finishSource(
  job: Job,
  pool: WorkerPool,
  source: SourceRow,
  signal: AbortSignal,
): Promise<void> {
  durably(job.db, () => applyLosses(job.db, source.id))
  await writeBag(job, pool, source, signal)
  const { db, journal, place, recipients } = job
  const index = await withRetries(signal, () =>
    pool.use((worker) => {
      const name = indexName(source.name, 1)
      const request = { journal, source: source.id, place, name, sourceName: source.name, recipients }
      return worker.call('index', { ...request, salt: source.salt }, { signal })
    }),
  )
  durably(db, () => setFinished(db, source.id, index))
}

async function writeBag(job: Job, pool: WorkerPool, source: SourceRow, signal: AbortSignal): Promise<void> {
  const row = shardRows(job.db, source.id).find(({ shard }) => shard.id === bagShard)
  if (!row || row.result) return
  const { journal, name } = job
  const request = {
    ...{ journal, source: source.id },
    ...writing(job, source.name, row.volume),
    info: { 'External-Identifier': `${name}/${source.name}` },
    // Not now: a run that was resumed gives the same entries as an undisturbed one (R5).
    at: new Date(getMeta(job.db, 'begun') ?? 0),
  }
  await makeVolume(job, row, signal, (asked) => pool.use((worker) => worker.call('bag', request, asked)))
}
