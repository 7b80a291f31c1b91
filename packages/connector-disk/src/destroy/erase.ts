import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemCalls, throwIfInterrupted } from '@restitute/core'
import { ended, start } from '../tools.ts'
import { refused } from './doomed.ts'

const zeros = new Uint8Array(1024 * 1024)

/** Writes zeros over every stretch of a file that holds data, in its place, and waits until they are stored. */
export async function overwrite(path: string, signal: AbortSignal): Promise<void> {
  await using handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  const { size } = await handle.stat()
  const all = [{ offset: 0, length: size }]
  for (const { offset, length } of systemCalls()?.dataExtents(handle.fd, 0, size) ?? all) {
    for (let done = 0; done < length; ) {
      throwIfInterrupted(signal)
      const piece = Math.min(zeros.length, length - done)
      done += (await handle.write(zeros, 0, piece, offset + done)).bytesWritten
    }
  }
  await handle.sync()
}

/** Gives the blocks of a file back to the storage, where the file system can (`fallocate` of util-linux). */
export async function discard(path: string, signal: AbortSignal): Promise<void> {
  await using handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  const { size } = await handle.stat()
  throwIfInterrupted(signal)
  if (size === 0) return
  const range = ['--punch-hole', '--offset', '0', '--length', String(size)]
  const child = start('fallocate', [...range, path], { fileBytes: Number.POSITIVE_INFINITY })
  if ((await ended(child)) !== 0) throw refused(path, 'its blocks cannot be discarded on this file system')
  await handle.sync()
}
