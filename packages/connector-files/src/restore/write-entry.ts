import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type Extent, RestituteError, type RestoredEntry, throwIfInterrupted } from '@restitute/core'
import { checkId } from '../names.ts'
import { placeOf } from '../place.ts'
import { PlainFolders } from './plain-folders.ts'

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants

/** What is written of an item that is cut. */
interface Written {
  readonly part: number
  readonly bytes: number
}

/**
 * Writes the entries of a package into a tree that is being built; entries without item are passed over. Holes stay
 * holes. Links are passed over, too: they are made from the items, when all files are there.
 */
export class EntryWriter {
  readonly folders: PlainFolders
  readonly #root: Buffer
  readonly #cut = new Map<string, Written>()

  constructor(root: Buffer) {
    this.#root = root
    this.folders = new PlainFolders(root)
  }

  async write(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const { item } = entry
    if (item === undefined) return
    checkId(item)
    if (item.endsWith('/') !== (entry.type === 'directory')) {
      throw new RestituteError('hostile-input', `item ${item}: its id does not fit a ${entry.type}`)
    }
    if (entry.type === 'directory') return this.folders.ensure(item)
    if (entry.type === 'link') return
    this.folders.ensureParent(item)
    const from = this.#advance(item, entry)
    if (entry.atHand !== undefined && entry.part === undefined)
      return this.#writeWhole(item, entry, entry.atHand)
    await using handle = await this.#open(item, entry.part ?? 1)
    await copy(entry, handle, from, signal)
  }

  /** A small file. Synchronous, as in `readSmallFile`. */
  #writeWhole(item: string, { path, size }: RestoredEntry, bytes: Uint8Array): void {
    if (bytes.length !== size) throw otherSize(path, size, bytes.length)
    using place = placeOf(this.#root, item)
    const file = openSync(place.path, O_WRONLY | O_NOFOLLOW | O_CREAT | O_EXCL, 0o600)
    try {
      for (let at = 0; at < size; ) at += writeSync(file, bytes, at, size - at, at)
    } finally {
      closeSync(file)
    }
  }

  /** Where an entry begins in its file; parts come in their order. */
  #advance(item: string, { part, size }: RestoredEntry): number {
    if (part === undefined) return 0
    const { part: last, bytes } = this.#cut.get(item) ?? { part: 0, bytes: 0 }
    if (part !== last + 1) {
      throw new RestituteError('restore-failed', `item ${item}: expected part ${last + 1}, got part ${part}`)
    }
    this.#cut.set(item, { part, bytes: bytes + size })
    return bytes
  }

  async #open(item: string, part: number): Promise<FileHandle> {
    using place = placeOf(this.#root, item)
    const flags = O_WRONLY | O_NOFOLLOW | (part === 1 ? O_CREAT | O_EXCL : 0)
    return await open(place.path, flags, 0o600)
  }
}

async function copy(
  entry: RestoredEntry,
  handle: FileHandle,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const { path, size, extents = [{ offset: 0, length: size }] } = entry
  const expected = extents.reduce((sum, { length }) => sum + length, 0)
  let written = 0
  for await (const { piece, offset } of placed(entry.content(), extents)) {
    throwIfInterrupted(signal)
    written += piece.length
    if (offset === undefined) break
    await writeAll(handle, piece, from + offset)
  }
  if (written !== expected) throw otherSize(path, expected, written)
  if (entry.extents !== undefined) await handle.truncate(from + size)
}

function otherSize(path: string, expected: number, got: number): RestituteError {
  return new RestituteError('restore-failed', `${path}: expected ${expected} bytes, got ${got}`)
}

/** A stretch of content and where it belongs; nowhere when it comes after the last extent. */
interface Placed {
  readonly piece: Uint8Array
  readonly offset: number | undefined
}

/** The content is the extents one after the other. */
async function* placed(
  content: AsyncIterable<Uint8Array>,
  extents: readonly Extent[],
): AsyncIterable<Placed> {
  let [index, used] = [0, 0]
  for await (let chunk of content) {
    while (chunk.length > 0) {
      const extent = extents[index]
      const piece = chunk.subarray(0, extent && extent.length - used)
      if (piece.length > 0) yield { piece, offset: extent && extent.offset + used }
      chunk = chunk.subarray(piece.length)
      used += piece.length
      if (used === extent?.length) [index, used] = [index + 1, 0]
    }
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten
  }
}
