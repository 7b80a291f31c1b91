import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { type Extent, systemCalls, throwIfInterrupted } from '@restitute/core'
import { openImage, type Window } from '../image/image.ts'
import { chunkBytes, type Range, type Reader } from './reader.ts'

const extentsBetweenBreaths = 1024

/** A file, or a window of it, read as it is; its holes are known where the file system tells. */
export async function openFileReader(path: string, window?: Window): Promise<Reader> {
  const handle = await openImage(path)
  const { offset = 0, size = (await handle.stat()).size } = window ?? {}
  return {
    size,
    data: (range, signal) => dataIn(handle, offset, range, signal),
    read: (ranges, signal) => readIn(handle, offset, ranges, signal),
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

async function* dataIn(
  handle: FileHandle,
  base: number,
  { offset, length }: Range,
  signal: AbortSignal,
): AsyncIterable<Extent> {
  let seen = 0
  for (const extent of stretches(handle, base + offset, base + offset + length)) {
    throwIfInterrupted(signal)
    yield { offset: extent.offset - base, length: extent.length }
    if (++seen % extentsBetweenBreaths === 0) await setImmediate()
  }
}

function stretches(handle: FileHandle, from: number, to: number): Iterable<Extent> {
  return systemCalls()?.dataExtents(handle.fd, from, to) ?? [{ offset: from, length: to - from }]
}

async function* readIn(
  handle: FileHandle,
  base: number,
  ranges: readonly Range[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes)
  for (const { offset, length } of ranges) {
    for (let done = 0; done < length; ) {
      throwIfInterrupted(signal)
      const position = base + offset + done
      const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, length - done), position)
      if (bytesRead === 0) throw new Error(`it ends at ${position} bytes`)
      yield buffer.subarray(0, bytesRead)
      done += bytesRead
    }
  }
}
