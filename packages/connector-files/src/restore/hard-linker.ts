import type { BigIntStats } from 'node:fs'
import { copyFile, link, lstat, unlink } from 'node:fs/promises'
import { type KnownItem, noFurtherName, RestituteError, systemCode } from '@restitute/core'
import { checkId } from '../names.ts'
import { placeOf } from '../place.ts'
import { TempTable } from '../temp-table.ts'
import { sameNameError } from './item-error.ts'
import { isListed } from './name-folding.ts'
import type { PlainFolders } from './plain-folders.ts'

/**
 * Makes items further names of their leaders, which are finished. Content of its own, from a package that did not have the
 * leader, gives way: it is the same. Where the file system gives a file no further name the next is a copy, which leads
 * those that follow; a comparison shows it.
 */
export class HardLinker implements Disposable {
  readonly #root: Buffer
  readonly #folders: PlainFolders
  /** Leader → the newest copy of it. */
  readonly #copies = new TempTable<string>()

  constructor(root: Buffer, folders: PlainFolders) {
    this.#root = root
    this.#folders = folders
  }

  /** Whether the item is a copy, without any metadata. Throws `restore-failed` when the leader is no file of its kind or size. */
  async link(item: KnownItem, leader: string): Promise<boolean> {
    checkId(leader)
    using first = placeOf(this.#root, this.#copies.get(leader) ?? leader)
    using place = placeOf(this.#root, item.id)
    const stats = await statsOf(first.path)
    // A special file that could not be made has no other names either.
    if (stats === undefined && item.kind !== 'file' && item.kind !== 'symlink') return false
    if (stats === undefined || stats.isDirectory() || (stats.isFile() && Number(stats.size) !== item.bytes))
      throw new RestituteError('restore-failed', `item ${item.id}: expected a file as its leader`)
    const own = await statsOf(place.path)
    if (own?.ino === stats.ino) return false
    if (own !== undefined && this.#folders.folding && !isListed(place.path)) throw sameNameError(item.id)
    if (own !== undefined) await unlink(place.path)
    if (await linkOrNot(first.path, place.path, stats)) return false
    await copyFile(first.path, place.path)
    this.#copies.set(leader, item.id)
    return true
  }

  [Symbol.dispose](): void {
    this.#copies[Symbol.dispose]()
  }
}

/** False where the file system gives a file no such name; what is no file is not to be copied. */
async function linkOrNot(from: Buffer, to: Buffer, stats: BigIntStats): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (!stats.isFile() || !noFurtherName(error)) throw error
    return false
  }
}

async function statsOf(path: Buffer): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    return undefined
  })
}
