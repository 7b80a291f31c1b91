import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { openPath, systemCode } from '@restitute/core'

/** A folder that is held open, so that its file system cannot be unmounted unnoticed, nor its number be given away. */
export interface HeldFolder extends AsyncDisposable {
  /** Whether its path still leads to it. */
  isThere(): Promise<boolean>
}

/** Holds the folder at a path, links followed; undefined where there is none. Throws the system's other errors. */
export async function holdFolder(path: string): Promise<HeldFolder | undefined> {
  const handle = await open(path, openPath | constants.O_DIRECTORY).catch(ifThere)
  if (handle === undefined) return undefined
  return {
    isThere: async () => {
      const held = await handle.stat({ bigint: true })
      const found = await stat(path, { bigint: true }).catch(ifThere)
      return found?.ino === held.ino && found.dev === held.dev
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

function ifThere(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}
