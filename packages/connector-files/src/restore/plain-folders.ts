import { lstatSync, mkdirSync } from 'node:fs'
import { RestituteError, systemCode } from '@restitute/core'
import { placeOf } from '../place.ts'
import { TempTable } from '../temp-table.ts'
import { sameNameError } from './item-error.ts'
import { takesNamesForOne } from './name-folding.ts'

/**
 * Makes folders inside a tree that is being built, and never goes through a link to do so. Where the file system takes
 * different names for one, no folder becomes the place of another's content. Synchronous, as in `readSmallFile`.
 */
export class PlainFolders implements Disposable {
  readonly #root: Buffer
  /** The ids of those that were made, where another id could lead to them. */
  readonly #made = new TempTable<true>()
  #last = ''
  #folding: boolean | undefined

  /** `root` is to be there when the first folder is asked for. */
  constructor(root: Buffer) {
    this.#root = root
  }

  /** Whether the file system takes different names for one. */
  get folding(): boolean {
    this.#folding ??= takesNamesForOne(this.#root)
    return this.#folding
  }

  /** The folder that an item lies in, made if need be. */
  ensureParent(id: string): void {
    this.ensure(id.slice(0, id.replace(/\/$/, '').lastIndexOf('/') + 1))
  }

  /**
   * A folder by its id (final `/`; empty or `./` for the root) and all above it; throws `hostile-input` on a link,
   * `restore-failed` on a folder of another id.
   */
  ensure(id: string): void {
    if (id === this.#last || id === './') return
    for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1)) this.#make(id.slice(0, at + 1))
    this.#last = id
  }

  [Symbol.dispose](): void {
    this.#made[Symbol.dispose]()
  }

  #make(id: string): void {
    const { folding } = this
    using place = placeOf(this.#root, id)
    const { path } = place
    const isNew = makeFolder(path)
    if (!lstatSync(path).isDirectory()) throw folding ? sameNameError(id) : notFolder(id)
    if (!folding) return
    if (isNew) this.#made.set(id, true)
    else if (this.#made.get(id) === undefined) throw sameNameError(id)
  }
}

function notFolder(id: string): RestituteError {
  return new RestituteError('hostile-input', `item ${id}: expected a folder, got another file in its place`)
}

/** Unless something is there. */
function makeFolder(path: Buffer): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return false
  }
}
