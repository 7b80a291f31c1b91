import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { throwIfInterrupted } from '@restitute/core'
import { markOf } from './look.ts'

const chunkBytes = 256 * 1024

/** For reading, never through a link and never waiting for a pipe. What is no longer a regular file shows by its mark. */
export const readFlags: number = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Opens a file with {@link readFlags}; throws the system's errors. */
export function openFile(path: Buffer): Promise<FileHandle> {
  return open(path, readFlags)
}

/** The mark of an open file, as it is now. */
export async function markOfHandle(handle: FileHandle): Promise<string> {
  return markOf(await handle.stat({ bigint: true }))
}

/** The bytes from `offset`, as far as the file has them, at most `length`. */
export async function* readRange(
  handle: FileHandle,
  offset: number,
  length: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for (let done = 0; done < length; ) {
    throwIfInterrupted(signal)
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, length - done))
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + done)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    done += bytesRead
  }
}
