import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Item } from '@restitute/core'
import { markOf, unreadable } from './look.ts'
import { readFlags } from './open-file.ts'

/** Files up to this size (4 MiB) are read to memory, so that a change in mid-read can be answered by reading again. */
export const smallBytes: number = 4 * 1024 * 1024

const attempts = 3

/** What reading a small file gave; `loss` when nothing did, or not what was inventoried. */
export interface SmallFile {
  readonly bytes?: Buffer
  readonly loss?: string
}

/**
 * A version of the file that did not change while it was read, if one of three readings finds it (R6). Synchronous:
 * five calls through Node's thread pool cost fifteen times what they do; the caller lets the event loop run.
 */
export function readSmallFile(path: Buffer, item: Item): SmallFile {
  try {
    const file = openSync(path, readFlags)
    try {
      return stableVersion(file, item)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    return { loss: unreadable(error) }
  }
}

function stableVersion(file: number, item: Item): SmallFile {
  for (let attempt = 1; ; attempt++) {
    const stats = fstatSync(file, { bigint: true })
    const bytes = readAll(file, Math.min(Number(stats.size), smallBytes))
    const before = markOf(stats)
    const stable = before === markOf(fstatSync(file, { bigint: true }))
    if (stable && before === item.mark) return { bytes }
    if (stable) return { bytes, loss: 'changed after it was inventoried' }
    if (attempt === attempts) return { bytes, loss: 'changed while it was read' }
  }
}

/** The first bytes of a file, fewer when it has fewer. */
function readAll(file: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(size)
  let done = 0
  for (let read = size; read > 0; done += read) read = readSync(file, buffer, done, size - done, done)
  return buffer.subarray(0, done)
}
