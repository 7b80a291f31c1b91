import { type Item, throwIfInterrupted } from '@restitute/core'
import { contentDigest } from './content-digest.ts'
import { closingUnlessLocked } from './held-locks.ts'
import { extentsOf } from './holes.ts'
import { lossOf } from './loss.ts'
import { markOfHandle, openFile, readRange, sleep, waitUntilSettled } from './open-file.ts'
import { Room, readSmallFile, smallBytes } from './small-file.ts'

/** The digest of a file as it is, or why there is none; both when it changed meanwhile. */
export interface FileDigest {
  readonly digest?: string
  readonly loss?: string | undefined
}

/** Reads a file of a tree, cut into parts of `partBytes` where it is larger. Throws `interrupted` only. */
export function fileDigest(
  root: Buffer,
  now: Item,
  partBytes: number,
  signal: AbortSignal,
): Promise<FileDigest> {
  const read = now.bytes <= smallBytes ? digestOfSmall : digestOfLarge
  return read(root, now, partBytes, signal)
}

async function digestOfSmall(
  root: Buffer,
  now: Item,
  partBytes: number,
  signal: AbortSignal,
  waited = false,
): Promise<FileDigest> {
  const { bytes, loss, lent, early } = readSmallFile(root, now, new Room(), waited)
  if (lent) return digestOfLarge(root, now, partBytes, signal)
  if (early !== undefined) {
    await sleep(early, signal)
    return digestOfSmall(root, now, partBytes, signal, true)
  }
  if (bytes === undefined) return { loss }
  const digest = await contentDigest(now.bytes, partBytes, ({ offset, length }) => ({
    content: [bytes.subarray(offset, offset + length)],
  }))
  return { digest, loss }
}

async function digestOfLarge(
  root: Buffer,
  now: Item,
  partBytes: number,
  signal: AbortSignal,
): Promise<FileDigest> {
  try {
    const handle = await openFile(root, now.id, signal)
    await using _closed = closingUnlessLocked(handle)
    await waitUntilSettled(handle, signal)
    const stats = await handle.stat({ bigint: true })
    const digest = await contentDigest(now.bytes, partBytes, (range) => {
      const extents = extentsOf(handle.fd, stats, range)
      return { extents, content: readRange(handle, range, extents, signal) }
    })
    const changed = (await markOfHandle(handle)) !== now.mark
    return { digest, loss: changed ? 'changed while it was read' : undefined }
  } catch (error) {
    throwIfInterrupted(signal)
    return { loss: lossOf(error) }
  }
}
