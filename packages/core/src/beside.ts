import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { systemCode } from './errors.ts'

/** What may be the thing that is looked for, and how it is identified. */
export interface Sought {
  readonly isOne: (entry: Dirent<Buffer>) => boolean
  readonly fingerprintOf: (realPath: Buffer, stats: BigIntStats) => string
}

/**
 * As what each thing beside a path would be identified, had it its name: one that was given another is found by it. Throws the system's
 * error where the folder of the path cannot be listed.
 */
export async function fingerprintsBeside(path: string, sought: Sought): Promise<string[]> {
  const folder = await realpath(dirname(path), { encoding: 'buffer' })
  const inside = (name: Buffer): Buffer =>
    Buffer.concat([folder, Buffer.from(folder.length > 1 ? '/' : ''), name])
  const real = inside(Buffer.from(basename(path)))
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    if (!sought.isOne(entry)) continue
    const stats = await lstat(inside(entry.name), { bigint: true }).catch(unlessGone)
    if (stats) found.push(sought.fingerprintOf(real, stats))
  }
  return found
}

function unlessGone(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}
