import type { FileHandle } from 'node:fs/promises'
import { throwIfInterrupted } from '@restitute/core'
import { unreadable } from './look.ts'
import { markOfHandle, readRange } from './open-file.ts'

const zeros = Buffer.alloc(256 * 1024)

/** Reads a range of a file whose size was promised, and remembers what went wrong on the way. */
export interface LargeFile {
  /** Exactly `length` bytes: zeros stand for what is no longer there or cannot be read. */
  content(): AsyncIterable<Uint8Array>
  /** To be asked when the content was read: why it is not the inventoried one, or nothing. */
  loss(): Promise<string | undefined>
}

/** A range of an open file that was inventoried with this mark. */
export function largeFile(
  handle: FileHandle,
  range: { readonly offset: number; readonly length: number; readonly mark: string },
  signal: AbortSignal,
): LargeFile {
  let failure: string | undefined
  async function* content(): AsyncIterable<Uint8Array> {
    let missing = range.length
    try {
      for await (const chunk of readRange(handle, range.offset, range.length, signal)) {
        missing -= chunk.length
        yield chunk
      }
    } catch (error) {
      throwIfInterrupted(signal)
      failure = unreadable(error)
    }
    yield* padding(missing, signal)
  }
  async function loss(): Promise<string | undefined> {
    if (failure !== undefined) return failure
    return (await markOfHandle(handle)) === range.mark ? undefined : 'changed while it was read'
  }
  return { content, loss }
}

async function* padding(bytes: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= zeros.length) {
    throwIfInterrupted(signal)
    yield zeros.subarray(0, Math.min(left, zeros.length))
  }
}
