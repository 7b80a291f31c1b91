import { lstat, mkdir } from 'node:fs/promises'
import { RestituteError, systemCode } from '@restitute/core'
import { placeOf } from '../place.ts'

/** Makes folders inside a tree that is being built, and never goes through a link to do so. */
export class PlainFolders {
  readonly #root: Buffer
  #last = ''

  constructor(root: Buffer) {
    this.#root = root
  }

  /** The folder that an item lies in, made if need be. */
  async ensureParent(id: string): Promise<void> {
    await this.ensure(id.slice(0, id.replace(/\/$/, '').lastIndexOf('/') + 1))
  }

  /** A folder by its id (final `/`; empty or `./` for the root) and all above it; throws `hostile-input` on a link. */
  async ensure(id: string): Promise<void> {
    if (id === this.#last || id === './') return
    for (let at = id.indexOf('/'); at >= 0; at = id.indexOf('/', at + 1))
      await this.#make(id.slice(0, at + 1))
    this.#last = id
  }

  async #make(id: string): Promise<void> {
    using place = placeOf(this.#root, id)
    const { path } = place
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error
    })
    if ((await lstat(path)).isDirectory()) return
    throw new RestituteError('hostile-input', `item ${id}: expected a folder, got another file in its place`)
  }
}
