import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { RestituteError, type RestoredEntry, throwIfInterrupted } from '@restitute/core'
import { checkId, pathOf } from '../names.ts'
import { PlainFolders } from './plain-folders.ts'

const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants

/** Writes the entries of a package into a tree that is being built; entries without item are passed over. */
export class EntryWriter {
  readonly #root: Buffer
  readonly #folders: PlainFolders
  /** The last part written of each item that is cut. */
  readonly #parts = new Map<string, number>()

  constructor(root: Buffer) {
    this.#root = root
    this.#folders = new PlainFolders(root)
  }

  async write(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const { item } = entry
    if (item === undefined) return
    checkId(item)
    if (item.endsWith('/') !== (entry.type === 'directory')) {
      throw new RestituteError('hostile-input', `item ${item}: its id does not fit a ${entry.type}`)
    }
    if (entry.type === 'directory') return this.#folders.ensure(item)
    await this.#folders.ensureParent(item)
    this.#checkPart(item, entry.part)
    await using handle = await open(pathOf(this.#root, item), flagsFor(entry.part), 0o600)
    await copy(entry, handle, signal)
  }

  #checkPart(item: string, part: number | undefined): void {
    if (part === undefined) return
    const expected = (this.#parts.get(item) ?? 0) + 1
    if (part !== expected) {
      throw new RestituteError('restore-failed', `item ${item}: expected part ${expected}, got part ${part}`)
    }
    this.#parts.set(item, part)
  }
}

function flagsFor(part: number | undefined): number {
  return O_WRONLY | O_NOFOLLOW | (part === undefined || part === 1 ? O_CREAT | O_EXCL : O_APPEND)
}

async function copy(entry: RestoredEntry, handle: FileHandle, signal: AbortSignal): Promise<void> {
  let written = 0
  for await (const chunk of entry.content()) {
    throwIfInterrupted(signal)
    for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
    written += chunk.length
  }
  if (written !== entry.size) {
    throw new RestituteError('restore-failed', `${entry.path}: expected ${entry.size} bytes, got ${written}`)
  }
}
