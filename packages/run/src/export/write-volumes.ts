import { volumeName, type WrittenVolume } from '@restitute/archive'
import { parseRate, RestituteError } from '@restitute/core'
import PQueue from 'p-queue'
import { durably, transaction } from '../journal/database.ts'
import { noteWriter, type VolumeNote, volumeTally } from '../journal/entries.ts'
import { bagShard, reopenShard, type ShardRow, setWritten, shardRows } from '../journal/shards.ts'
import type { SourceRow } from '../journal/sources.ts'
import { waitForWindow } from '../window.ts'
import { newPace } from '../workers/pace.ts'
import type { CallOptions } from '../workers/worker-handle.ts'
import type { Job } from './job.ts'
import type { LiveSource } from './live-source.ts'
import { withRetries } from './retry.ts'
import { together } from './together.ts'

/** Writes every volume of a source that is not there yet, as many at once as its terms allow; not the bag's. */
export async function writeVolumes(
  job: Job,
  live: LiveSource,
  source: SourceRow,
  signal: AbortSignal,
): Promise<void> {
  const { rate } = live.source.terms
  const pace = rate === undefined ? undefined : newPace(parseRate(rate))
  const queue = new PQueue({ concurrency: live.concurrency })
  const open = shardRows(job.db, source.id).filter(({ shard, result }) => !result && shard.id !== bagShard)
  const tasks = open.map(
    (row) => (joint: AbortSignal) => queue.add(() => writeShard(job, live, row, pace, joint)),
  )
  await together(signal, tasks)
}

async function writeShard(
  job: Job,
  live: LiveSource,
  row: ShardRow,
  pace: SharedArrayBuffer | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { window } = live.source.terms
  const request = {
    ...{ key: live.key, journal: job.journal, source: row.source, shard: row.shard },
    ...writing(job, live.key, row.volume),
    ...(pace && { pace }),
  }
  await makeVolume(job, row, signal, async (options) => {
    await waitForWindow(window, job.options.at, signal)
    return live.use((worker) => worker.call('volume', request, options), signal)
  })
  job.progress.finished(row.shard.last - row.shard.first + 1)
}

/** What workers are told of a volume's place and keys. */
export function writing(
  job: Job,
  sourceName: string,
  volume: number,
): {
  destinationUrl: string
  name: string
  sourceName: string
  recipients: readonly string[]
  readBack: 'hash' | 'full'
} {
  const { url: destinationUrl, recipients } = job
  return { destinationUrl, name: volumeName(volume), sourceName, recipients, readBack: job.options.readBack }
}

type VolumeCall = CallOptions<'volume'> & CallOptions<'bag'>

/**
 * Has a volume made, with retries; its notes go into the journal as they come, its record, once it is in its
 * place, makes them count. Throws `internal` when notes and record disagree (R1).
 */
export async function makeVolume(
  job: Job,
  row: ShardRow,
  signal: AbortSignal,
  make: (options: VolumeCall) => Promise<WrittenVolume>,
): Promise<void> {
  const { db, progress } = job
  const write = noteWriter(db)
  let reported = 0
  const onProgress = (bytes: number): void => {
    reported += bytes
    progress.wrote(bytes)
  }
  const onBatch = (notes: readonly VolumeNote[]): void =>
    transaction(db, () => notes.forEach((note) => write(row.source, row.volume, note)))
  await withRetries(signal, async (retry) => {
    if (retry > 0) durably(db, () => reopenShard(db, row.volume))
    onProgress(-reported)
    const written = await make({ signal, onBatch, onProgress })
    checkNotes(job, row, written)
    durably(db, () => setWritten(db, row.volume, withRetriesCounted(written, retry)))
    onProgress(written.record.plaintextBytes - reported)
  })
}

function checkNotes({ db }: Job, { volume }: ShardRow, { record }: WrittenVolume): void {
  const noted = volumeTally(db, volume)
  if (noted.entries === record.entries && noted.bytes === record.plaintextBytes) return
  throw new RestituteError(
    'internal',
    `${record.name}: expected ${record.entries} entries of ${record.plaintextBytes} bytes in the journal, got ${noted.entries} of ${noted.bytes}`,
  )
}

function withRetriesCounted(written: WrittenVolume, retries: number): WrittenVolume {
  return { ...written, measurements: written.measurements.map((one) => ({ ...one, retries })) }
}
