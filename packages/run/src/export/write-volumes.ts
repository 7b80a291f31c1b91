import { volumeName } from '@restitute/archive'
import { type DestinationSpec, RestituteError, type Shard, together } from '@restitute/core'
import { durably, transaction } from '../journal/database.ts'
import { type VolumeNote, volumeTally } from '../journal/entries.ts'
import {
  bagShard,
  itemsOf,
  type MadeVolume,
  reopenShard,
  type ShardRow,
  setWritten,
  shardRows,
} from '../journal/shards.ts'
import type { SourceRow } from '../journal/sources.ts'
import { packsOf } from '../sample/packs.ts'
import type { CallOptions } from '../workers/worker-handle.ts'
import type { Job } from './job.ts'
import type { LiveSource } from './live-source.ts'
import { withRetries } from './retry.ts'

/** Writes every volume of a source that is not there yet, as many at once as its terms allow; not the bag's. */
export async function writeVolumes(
  job: Job,
  live: LiveSource,
  source: SourceRow,
  signal: AbortSignal,
): Promise<void> {
  const open = shardRows(job.db, source.id).filter(({ shard, result }) => !result && shard.id !== bagShard)
  const packs = packsOf(job.db, source.id)
  const tasks = open.map(
    (row) => (joint: AbortSignal) =>
      writeShards(job, live, row, [row.shard, ...(packs[row.shard.id] ?? [])], joint),
  )
  await together(signal, tasks)
}

async function writeShards(
  job: Job,
  live: LiveSource,
  row: ShardRow,
  shards: readonly Shard[],
  signal: AbortSignal,
): Promise<void> {
  const { key, pace } = live
  const request = {
    ...{ key, journal: job.journal, source: row.source, shards, pace },
    ...writing(job, key, row.volume),
  }
  const make = (options: VolumeCall) =>
    live.inTurn((leaveTurn) =>
      live.use(async (worker, leaveWorker) => {
        // A run that stops begins no further volume.
        if (job.stopping.aborted) return undefined
        const onPacked = (): void => {
          leaveWorker()
          leaveTurn()
        }
        return worker.call('volume', request, { ...options, onPacked })
      }, signal),
    )
  if (await makeVolume(job, row, signal, make))
    job.progress.finished(shards.reduce((sum, shard) => sum + itemsOf(shard), 0))
}

/** What workers are told of a volume's place and keys. */
export function writing(
  job: Job,
  sourceName: string,
  volume: number,
): {
  place: DestinationSpec
  name: string
  sourceName: string
  recipients: readonly string[]
  readBack: 'hash' | 'full'
} {
  const { place, recipients } = job
  return { place, name: volumeName(volume), sourceName, recipients, readBack: job.options.readBack }
}

type VolumeCall = CallOptions<'volume'> & CallOptions<'bag'>

/**
 * Has a volume made, with retries; its notes go into the journal as they come, its record, once it is in its
 * place, makes them count. False when `make` declined. Throws `internal` when notes and record disagree (R1).
 */
export async function makeVolume(
  job: Job,
  row: ShardRow,
  signal: AbortSignal,
  make: (options: VolumeCall) => Promise<MadeVolume | undefined>,
): Promise<boolean> {
  const { db, note: write, progress } = job
  let reported = 0
  const onProgress = (bytes: number): void => {
    reported += bytes
    progress.wrote(bytes)
  }
  const onBatch = (notes: readonly VolumeNote[]): void =>
    transaction(db, () => notes.forEach((note) => write(row.source, row.volume, note)))
  return withRetries(signal, async (retry) => {
    if (retry > 0) durably(db, () => reopenShard(db, row.volume))
    onProgress(-reported)
    const written = await make({ signal, onBatch, onProgress })
    if (!written) return false
    checkNotes(job, row, written)
    durably(db, () => setWritten(db, row.volume, withRetriesCounted(written, retry)))
    onProgress(written.record.plaintextBytes - reported)
    return true
  })
}

function checkNotes({ db }: Job, { volume }: ShardRow, { record }: MadeVolume): void {
  const noted = volumeTally(db, volume)
  if (noted.entries === record.entries && noted.bytes === record.plaintextBytes) return
  throw new RestituteError(
    'internal',
    `${record.name}: expected ${record.entries} entries of ${record.plaintextBytes} bytes in the journal, got ${noted.entries} of ${noted.bytes}`,
  )
}

function withRetriesCounted(written: MadeVolume, retries: number): MadeVolume {
  return { ...written, measurements: written.measurements.map((one) => ({ ...one, retries })) }
}
