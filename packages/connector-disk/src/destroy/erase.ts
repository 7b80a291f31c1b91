import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemCalls, throwIfInterrupted } from '@restitute/core'
import type { Range } from '../content/reader.ts'
import { ended, start } from '../tools.ts'
import { refused } from './doomed.ts'

const zeros = new Uint8Array(1024 * 1024)

/** Writes zeros over every stretch of a file that holds data, in its place, and waits until they are stored. */
export async function overwrite(path: string, signal: AbortSignal): Promise<void> {
  await using handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  const { size } = await handle.stat()
  const all = [{ offset: 0, length: size }]
  for (const { offset, length } of systemCalls()?.dataExtents(handle.fd, 0, size) ?? all) {
    await writeZeros(handle, { offset, length }, signal)
  }
  await handle.sync()
}

/** Writes zeros over a range. */
export async function writeZeros(
  handle: FileHandle,
  { offset, length }: Range,
  signal: AbortSignal,
): Promise<void> {
  for (let done = 0; done < length; ) {
    throwIfInterrupted(signal)
    const piece = Math.min(zeros.length, length - done)
    done += (await handle.write(zeros, 0, piece, offset + done)).bytesWritten
  }
}

/** Whether the first bytes of a file or device are all zeros. */
export async function isZeros(handle: FileHandle, bytes: number, signal: AbortSignal): Promise<boolean> {
  const buffer = Buffer.allocUnsafeSlow(zeros.length)
  for (let done = 0; done < bytes; ) {
    throwIfInterrupted(signal)
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - done), done)
    if (bytesRead === 0) throw new Error(`it ends at ${done} bytes`)
    if (!buffer.subarray(0, bytesRead).equals(zeros.subarray(0, bytesRead))) return false
    done += bytesRead
  }
  return true
}

/** Gives the blocks of a file back to the storage, where the file system can (`fallocate` of util-linux). */
export async function discard(path: string, signal: AbortSignal): Promise<void> {
  await using handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  const { size } = await handle.stat()
  if (size > 0) await punch(path, size, signal)
  await handle.sync()
}

/** Has the storage take back the first bytes of a file or device, which then read as zeros. */
export async function punch(path: string, bytes: number, signal: AbortSignal): Promise<void> {
  throwIfInterrupted(signal)
  const range = ['--punch-hole', '--offset', '0', '--length', String(bytes)]
  const child = start('fallocate', [...range, path], { fileBytes: Number.POSITIVE_INFINITY })
  if ((await ended(child)) !== 0) throw refused(path, 'its blocks cannot be discarded here')
}
