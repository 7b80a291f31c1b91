import type { FileHandle } from 'node:fs/promises'
import { type Item, throwIfInterrupted } from '@restitute/core'
import { unreadable } from './look.ts'
import { markOfHandle, openFile, readRange } from './open-file.ts'

/** Files up to this size (4 MiB) are read to memory, so that a change in mid-read can be answered by reading again. */
export const smallBytes: number = 4 * 1024 * 1024

const attempts = 3

/** What reading a small file gave; `loss` when nothing did, or not what was inventoried. */
export interface SmallFile {
  readonly bytes?: Buffer
  readonly loss?: string
}

/** A version of the file that did not change while it was read, if one of three readings finds it (R6). */
export async function readSmallFile(path: Buffer, item: Item, signal: AbortSignal): Promise<SmallFile> {
  try {
    await using handle = await openFile(path)
    return await stableVersion(handle, item, signal)
  } catch (error) {
    throwIfInterrupted(signal)
    return { loss: unreadable(error) }
  }
}

async function stableVersion(handle: FileHandle, item: Item, signal: AbortSignal): Promise<SmallFile> {
  for (let attempt = 1; ; attempt++) {
    const before = await markOfHandle(handle)
    const bytes = await readAll(handle, signal)
    const stable = before === (await markOfHandle(handle))
    if (stable && before === item.mark) return { bytes }
    if (stable) return { bytes, loss: 'changed after it was inventoried' }
    if (attempt === attempts) return { bytes, loss: 'changed while it was read' }
  }
}

/** At most {@link smallBytes}: the file may be growing. */
async function readAll(handle: FileHandle, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readRange(handle, 0, smallBytes, signal)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
