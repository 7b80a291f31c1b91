import { createHash } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode, throwIfInterrupted } from '@restitute/core'

/**
 * The state of a folder with all that is in it, or of a file: whatever is written, made or put in the place of another there changes it.
 * Empty where there is nothing. Folders are left out but for their names: they change with what lies in them.
 */
export async function standOnDisk(path: string, isFolder: boolean, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const names = isFolder ? await namesIn(path) : ['']
  for (const name of names.toSorted()) {
    throwIfInterrupted(signal)
    hash.update(`${JSON.stringify(name)} ${await stateOf(join(path, name))}\n`)
  }
  return hash.digest('hex')
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true }).catch(ifThere([]))
}

async function stateOf(path: string): Promise<string> {
  const stats = await lstat(path, { bigint: true }).catch(ifThere(undefined))
  if (stats === undefined) return ''
  const { ino, size, mtimeNs, ctimeNs } = stats
  return stats.isDirectory() ? 'folder' : [ino, size, mtimeNs, ctimeNs].join(' ')
}

function ifThere<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (systemCode(error) === 'ENOENT') return none
    throw error
  }
}
