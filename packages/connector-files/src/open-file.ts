import type { FileHandle } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { ahead, type Extent, MemoryByTurns, systemCode, throwIfInterrupted } from '@restitute/core'
import type { Range } from './holes.ts'
import { markOf } from './look.ts'
import { placeOf } from './place.ts'
import { openingToRead } from './read-flags.ts'
import { msUntilSettled } from './settled.ts'

const chunkBytes = 1024 * 1024

/** Longer than the system lets anybody hold a file back (`/proc/sys/fs/lease-break-time`). */
const mostPatienceMs = 60_000
const pauseMs = 100

/**
 * Opens a file of a tree as `openingToRead` does; throws the system's errors. One that a file server has lent to a client of
 * its own (an oplock, a delegation) is waited for: the attempt alone has the system call it back.
 */
export async function openFile(root: Buffer, id: string, signal: AbortSignal): Promise<FileHandle> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      using place = placeOf(root, id)
      return await openingToRead(place.path)
    } catch (error) {
      if (!isLent(error) || waited >= mostPatienceMs) throw error
    }
    await sleep(pauseMs, signal)
  }
}

/** Whether a file could not be opened only because somebody else has to give it back first. */
export function isLent(error: unknown): boolean {
  return systemCode(error) === 'EAGAIN'
}

/** Waits until the next write to an open file is sure to give it another mark. Throws `interrupted`. */
export async function waitUntilSettled(handle: FileHandle, signal: AbortSignal): Promise<void> {
  await sleep(msUntilSettled(await handle.stat({ bigint: true })), signal)
}

/** Throws `interrupted`. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => {})
  throwIfInterrupted(signal)
}

/** The mark of an open file, as it is now. */
export async function markOfHandle(handle: FileHandle): Promise<string> {
  return markOf(await handle.stat({ bigint: true }), Buffer.from(`/proc/self/fd/${handle.fd}`))
}

/**
 * The bytes of a range, or of the given stretches of it alone, as far as the file has them. A chunk is good until the next
 * is asked for.
 */
export async function* readRange(
  handle: FileHandle,
  { offset, length }: Range,
  extents: readonly Extent[] | undefined,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for (const extent of extents ?? [{ offset: 0, length }]) {
    yield* ahead(readStretch(handle, offset + extent.offset, extent.length, signal))
  }
}

async function* readStretch(
  handle: FileHandle,
  offset: number,
  length: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const memory = new MemoryByTurns(Math.min(chunkBytes, length))
  for (let done = 0; done < length; ) {
    throwIfInterrupted(signal)
    if (done > 0) memory.turn()
    const { now: buffer } = memory
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, length - done), offset + done)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    done += bytesRead
  }
}
