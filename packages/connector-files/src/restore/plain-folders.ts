import { lstatSync, mkdirSync } from 'node:fs'
import { RestituteError, systemCode } from '@restitute/core'
import { placeOf } from '../place.ts'

/**
 * Makes folders inside a tree that is being built, and never goes through a link to do so. Synchronous, as in `readSmallFile`.
 */
export class PlainFolders {
  readonly #root: Buffer
  #last = ''

  constructor(root: Buffer) {
    this.#root = root
  }

  /** The folder that an item lies in, made if need be. */
  ensureParent(id: string): void {
    this.ensure(id.slice(0, id.replace(/\/$/, '').lastIndexOf('/') + 1))
  }

  /** A folder by its id (final `/`; empty or `./` for the root) and all above it; throws `hostile-input` on a link. */
  ensure(id: string): void {
    if (id === this.#last || id === './') return
    for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1)) this.#make(id.slice(0, at + 1))
    this.#last = id
  }

  #make(id: string): void {
    using place = placeOf(this.#root, id)
    const { path } = place
    makeFolder(path)
    if (lstatSync(path).isDirectory()) return
    throw new RestituteError('hostile-input', `item ${id}: expected a folder, got another file in its place`)
  }
}

/** Unless something is there. */
function makeFolder(path: Buffer): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}
