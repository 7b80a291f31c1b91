import { createHash } from 'node:crypto'
import { lstat } from 'node:fs/promises'

/**
 * The state of files: whatever writes to one of them, or puts another in its place, changes it. A block device has no
 * times: its state is never the same twice.
 */
export async function marksOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0${await markOf(file)}\0`)
  return hash.digest('hex')
}

async function markOf(file: string): Promise<string> {
  const stats = await lstat(file, { bigint: true }).catch(() => undefined)
  if (stats === undefined) return 'gone'
  if (stats.isBlockDevice()) return `device ${stats.rdev}`
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
}

/** Bytes of files together, as far as they are there. */
export async function bytesOfFiles(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      lstat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
