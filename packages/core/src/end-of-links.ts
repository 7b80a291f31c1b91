import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { systemCode } from './errors.ts'

/**
 * Where a path leads, also when nothing lies at the end of its links: what is gone cannot be followed, a link to it can. Throws
 * the system's errors, also when the folder of what is gone is not there.
 */
export async function endOfLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
  const folder = await realpath(dirname(path))
  const place = join(folder, basename(path))
  const target = await readlink(place).catch(() => undefined)
  return target === undefined ? place : endOfLinks(resolve(folder, target))
}
