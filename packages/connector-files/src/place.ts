import { closeSync, constants, openSync, realpathSync } from 'node:fs'
import { openPath } from '@restitute/core'
import { pathOf } from './names.ts'

const { O_DIRECTORY, O_NOFOLLOW } = constants
/** PATH_MAX of Linux counts the NUL at the end. */
const longestPath = 4095

/** A path that the system takes. Valid until it is disposed of. */
export interface Place extends Disposable {
  readonly path: Buffer
}

/**
 * Where an item of a tree lies. A path longer than the system takes leads through an open folder on the way
 * (`/proc/self/fd`, so on Linux only; elsewhere using it fails with ENAMETOOLONG). Throws the system's errors.
 */
export function placeOf(root: Buffer, id: string): Place {
  const path = pathOf(root, id)
  if (path.length <= longestPath || process.platform !== 'linux') return { path, [Symbol.dispose]: () => {} }
  return farPlace(path)
}

/**
 * Whether a folder of the tree is reached without following a link: one that came in its place, or above it, would lead
 * to what belongs to somebody else. False where that cannot be told.
 */
export function isPlainFolder(root: Buffer, id: string): boolean {
  try {
    using place = placeOf(root, id)
    return realpathSync.native(place.path, { encoding: 'buffer' }).equals(place.path)
  } catch {
    return false
  }
}

/** {@link isPlainFolder} of the folder that an item lies in. */
export function liesInTree(root: Buffer, id: string): boolean {
  return isPlainFolder(root, id.slice(0, id.lastIndexOf('/') + 1) || './')
}

function farPlace(path: Buffer): Place {
  let rest = path
  let folder: number | undefined
  const close = (): void => {
    if (folder !== undefined) closeSync(folder)
  }
  try {
    while (rest.length > longestPath) {
      const cut = rest.lastIndexOf('/', longestPath)
      const next = openSync(rest.subarray(0, cut), openPath | O_DIRECTORY | O_NOFOLLOW)
      close()
      folder = next
      rest = Buffer.concat([Buffer.from(`/proc/self/fd/${folder}`), rest.subarray(cut)])
    }
  } catch (error) {
    close()
    throw error
  }
  return { path: rest, [Symbol.dispose]: close }
}
