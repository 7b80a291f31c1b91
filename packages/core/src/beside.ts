import type { BigIntStats } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { systemCode } from './errors.ts'

/**
 * As what each folder and file beside a path would be identified, had it its name: one that was given another is found by it. Throws the system's
 * error where the folder of the path cannot be listed.
 */
export async function fingerprintsBeside(
  path: string,
  fingerprintOf: (realPath: Buffer, stats: BigIntStats) => string,
): Promise<string[]> {
  const folder = await realpath(dirname(path), { encoding: 'buffer' })
  const inside = (name: Buffer): Buffer =>
    Buffer.concat([folder, Buffer.from(folder.length > 1 ? '/' : ''), name])
  const real = inside(Buffer.from(basename(path)))
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    if (!entry.isDirectory() && !entry.isFile()) continue
    const stats = await lstat(inside(entry.name), { bigint: true }).catch(unlessGone)
    if (stats) found.push(fingerprintOf(real, stats))
  }
  return found
}

function unlessGone(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}
