import { fstatSync, readSync } from 'node:fs'
import type { Extent, Item } from '@restitute/core'
import { closeUnlessLocked } from './held-locks.ts'
import { extentsOf } from './holes.ts'
import { markOf } from './look.ts'
import { lossOf } from './loss.ts'
import { isLent } from './open-file.ts'
import { liesInTree, placeOf } from './place.ts'
import { openToRead } from './read-flags.ts'
import { msUntilSettled } from './settled.ts'

/** Files up to this size (4 MiB) are read to memory, so that a change in mid-read can be answered by reading again. */
export const smallBytes: number = 4 * 1024 * 1024

const attempts = 3

/** What reading a small file gave, good until its {@link Room} is used again; `loss` when nothing did, or not what was inventoried. */
export interface SmallFile {
  readonly bytes?: Buffer
  /** Where it holds data; absent when it has no holes. */
  readonly extents?: readonly Extent[]
  readonly loss?: string
  /** Nothing was read, but may be by who waits: see `openFile`. */
  readonly lent?: true
  /** Nothing was read, but is to be in so many milliseconds: see `msUntilSettled`. */
  readonly early?: number
}

/** Memory for one small file after the other: a new one for each costs more than reading it. */
export class Room {
  #buffer: Buffer = Buffer.alloc(0)

  /** So many bytes, which hold whatever was there before. */
  of(bytes: number): Buffer {
    if (this.#buffer.length < bytes)
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#buffer.length))
    return this.#buffer.subarray(0, bytes)
  }
}

/**
 * A version of the file that did not change while it was read, if one of three readings finds it (R6); nothing of a file
 * behind a link that came in place of a folder, which may be somebody else's. `waited`: whether an earlier call was too
 * `early`. Synchronous: five calls through Node's thread pool cost fifteen times what they do; the caller lets the event
 * loop run.
 */
export function readSmallFile(root: Buffer, item: Item, room: Room, waited = false): SmallFile {
  try {
    using place = placeOf(root, item.id)
    const file = openToRead(place.path)
    try {
      const early = waited ? 0 : msUntilSettled(fstatSync(file, { bigint: true }))
      if (early > 0) return { early }
      const read = stableVersion(file, item, room)
      const own = read.loss === undefined || liesInTree(root, item.id)
      return own ? read : { loss: read.loss }
    } finally {
      closeUnlessLocked(file, item.bytes)
    }
  } catch (error) {
    return { loss: lossOf(error), ...(isLent(error) && { lent: true }) }
  }
}

function stableVersion(file: number, item: Item, room: Room): SmallFile {
  const open = Buffer.from(`/proc/self/fd/${file}`)
  for (let attempt = 1; ; attempt++) {
    const stats = fstatSync(file, { bigint: true })
    const size = Math.min(Number(stats.size), smallBytes)
    // One byte more, to see that there is none.
    const found = readAll(file, room.of(size + 1))
    const bytes = found.subarray(0, size)
    const extents = extentsOf(file, stats, { offset: 0, length: bytes.length })
    const read = { bytes, ...(extents === undefined ? {} : { extents }) }
    const [before, after] = [stats, fstatSync(file, { bigint: true })].map((one) => markOf(one, open))
    const stable = before === after
    if (stable && before === item.mark)
      return found.length === size ? read : { ...read, loss: 'holds more or less than its size says' }
    if (stable) return { ...read, loss: 'changed after it was inventoried' }
    if (attempt === attempts) return { ...read, loss: 'changed while it was read' }
  }
}

/** The first bytes of a file, fewer when it has fewer. */
function readAll(file: number, buffer: Buffer): Buffer {
  let done = 0
  for (let read = buffer.length; read > 0; done += read)
    read = readSync(file, buffer, done, buffer.length - done, done)
  return buffer.subarray(0, done)
}
