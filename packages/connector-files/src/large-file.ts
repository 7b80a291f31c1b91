import type { FileHandle } from 'node:fs/promises'
import { type Extent, throwIfInterrupted } from '@restitute/core'
import { extentsOf, type Range } from './holes.ts'
import { lossOf } from './loss.ts'
import { markOfHandle, readRange } from './open-file.ts'

const zeros = Buffer.alloc(256 * 1024)

/** Reads a range of a file whose size was promised, and remembers what went wrong on the way. */
export interface LargeFile {
  /** Where it holds data, counted from the range's beginning; absent when it has no holes. */
  readonly extents?: readonly Extent[]
  /** Exactly the bytes of the range, or of its extents: zeros stand for what is gone or cannot be read. */
  content(): AsyncIterable<Uint8Array>
  /** To be asked when the content was read: why it is not the inventoried one, or nothing. */
  loss(): Promise<string | undefined>
}

/** A range of an open file that was inventoried with this mark. */
export async function largeFile(
  handle: FileHandle,
  range: Range & { readonly mark: string },
  signal: AbortSignal,
): Promise<LargeFile> {
  const extents = extentsOf(handle.fd, await handle.stat({ bigint: true }), range)
  let failure: string | undefined
  async function* content(): AsyncIterable<Uint8Array> {
    let missing = extents === undefined ? range.length : extents.reduce((sum, { length }) => sum + length, 0)
    try {
      for await (const chunk of readRange(handle, range, extents, signal)) {
        missing -= chunk.length
        yield chunk
      }
    } catch (error) {
      throwIfInterrupted(signal)
      failure = lossOf(error)
    }
    yield* padding(missing, signal)
  }
  async function loss(): Promise<string | undefined> {
    if (failure !== undefined) return failure
    return (await markOfHandle(handle)) === range.mark ? undefined : 'changed while it was read'
  }
  return { ...(extents === undefined ? {} : { extents }), content, loss }
}

async function* padding(bytes: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= zeros.length) {
    throwIfInterrupted(signal)
    yield zeros.subarray(0, Math.min(left, zeros.length))
  }
}
