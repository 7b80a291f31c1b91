import { availableParallelism } from 'node:os'
import {
  compareDigest,
  type ExtractWatch,
  type ExtractWorkers,
  extractHere,
  type VolumeExtracted,
} from '@restitute/archive'
import type { Destination, DestinationSpec } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { inThisThread, type VerifyWorkers, type Watch } from '@restitute/verify'
import { WorkerPool } from '../workers/pool.ts'
import type { CallOptions, WorkerHandle } from '../workers/worker-handle.ts'
import type { ReadingCalls } from './calls.ts'

/** Below this a file is done in the thread of the caller sooner than it is handed over (bytes). */
const smallBytes = 4 * 1024 * 1024

/** Worker threads that read one package; started when there is enough to do. */
export interface ReadingThreads extends AsyncDisposable {
  readonly verify: VerifyWorkers
  readonly extract: ExtractWorkers
}

/** As many threads as there are cores, unless told otherwise, for a package at this place. */
export function readingThreads(
  workerUrl: URL,
  given: DestinationSpec,
  destination: Destination,
  size: number = availableParallelism(),
): ReadingThreads {
  const pool = new WorkerPool(workerUrl, size)
  const { url, secret } = given
  const place = { url, ...(secret !== undefined && { secret }) }
  return {
    verify: verifyThreads(pool, place, destination),
    extract: extractThreads(pool, place, destination),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

function verifyThreads(pool: WorkerPool, place: DestinationSpec, destination: Destination): VerifyWorkers {
  const here = inThisThread(destination)
  return {
    atOnce: pool.size,
    digest: (record, watch) =>
      record.bytes < smallBytes
        ? here.digest(record, watch)
        : watched(record, watch, (o) => pool.use((worker) => worker.call('digest', { place, record }, o))),
    async read(record, sessionKey, take, watch) {
      if (record.plaintextBytes < smallBytes) return here.read(record, sessionKey, take, watch)
      await watched(record, watch, (o) =>
        pool.use((worker) => worker.call('read', { place, record, sessionKey }, { ...o, onBatch: take })),
      )
    },
  }
}

function extractThreads(pool: WorkerPool, place: DestinationSpec, destination: Destination): ExtractWorkers {
  const here = extractHere(destination)
  return {
    atOnce: pool.size,
    async hash(record, signal) {
      if (record.bytes < smallBytes) return here.hash(record, signal)
      const request = { place, record }
      compareDigest(record, await pool.use((worker) => worker.call('digest', request, { signal })))
    },
    extract: (task, watch) =>
      task.record.plaintextBytes < smallBytes
        ? here.extract(task, watch)
        : pool.use((worker) => extractIn(worker, { ...task, place }, watch)),
  }
}

/** Directories are written down while the thread goes on; their order does not matter. */
async function extractIn(
  worker: WorkerHandle,
  task: ReadingCalls['extract']['request'],
  { signal, onProgress, onDirectories }: ExtractWatch,
): Promise<VolumeExtracted> {
  let reported = 0
  let noted: Promise<void> = Promise.resolve()
  const extracted = await worker.call('extract', task, {
    signal,
    onProgress: (bytes) => {
      reported += bytes
      onProgress(bytes)
    },
    onBatch: (directories) => {
      noted = noted.then(() => onDirectories(directories))
      // Said by the await below, also when it fails long before that.
      noted.catch(() => {})
    },
  })
  await noted
  onProgress(extracted.bytes - reported)
  return extracted
}

/** A thread gathers what it reports: whatever is left of it is reported at the end. */
async function watched<T>(
  { bytes }: FileRecord,
  { signal, onBytes }: Watch,
  work: (options: Pick<CallOptions<keyof ReadingCalls>, 'signal' | 'onProgress'>) => Promise<T>,
): Promise<T> {
  let left = bytes
  const onProgress = (more: number): void => {
    left -= more
    onBytes(more)
  }
  const result = await work({ onProgress, ...(signal && { signal }) })
  onBytes(Math.max(0, left))
  return result
}
