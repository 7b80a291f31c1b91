import { availableParallelism } from 'node:os'
import type { Destination } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { inThisThread, type VerifyWorkers, type Watch } from '@restitute/verify'
import { WorkerPool } from '../workers/pool.ts'
import type { CallOptions } from '../workers/worker-handle.ts'
import type { ReadingCalls } from './calls.ts'

/** Below this a file is done in the thread of the caller sooner than it is handed over (bytes). */
const smallBytes = 4 * 1024 * 1024

/** Worker threads that read one package; started when there is enough to do. */
export interface ReadingThreads extends AsyncDisposable {
  readonly verify: VerifyWorkers
}

/** As many threads as there are cores, unless told otherwise, for a package at this destination. */
export function readingThreads(
  workerUrl: URL,
  destination: Destination,
  size: number = availableParallelism(),
): ReadingThreads {
  const pool = new WorkerPool(workerUrl, size)
  return {
    verify: verifyThreads(pool, destination),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

function verifyThreads(pool: WorkerPool, destination: Destination): VerifyWorkers {
  const { url: destinationUrl } = destination
  const here = inThisThread(destination)
  return {
    atOnce: pool.size,
    digest: (record, watch) =>
      record.bytes < smallBytes
        ? here.digest(record, watch)
        : watched(record, watch, (o) =>
            pool.use((worker) => worker.call('digest', { destinationUrl, record }, o)),
          ),
    async read(record, sessionKey, take, watch) {
      if (record.plaintextBytes < smallBytes) return here.read(record, sessionKey, take, watch)
      await watched(record, watch, (o) =>
        pool.use((worker) =>
          worker.call('read', { destinationUrl, record, sessionKey }, { ...o, onBatch: take }),
        ),
      )
    },
  }
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
