import { createHash, randomUUID } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import { deviceNumber } from './device.ts'

/**
 * The state of files: whatever writes to one of them, or puts another in its place, changes it. A block device has no
 * times: its state is how much this system has written to it since it started.
 */
export async function marksOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0${await markOf(file)}\0`)
  return hash.digest('hex')
}

async function markOf(file: string): Promise<string> {
  const stats = await lstat(file, { bigint: true }).catch(() => undefined)
  if (stats === undefined) return 'gone'
  if (stats.isBlockDevice()) return deviceMark(stats.rdev)
  // Not the device: its number is another one once its file system is mounted again.
  return [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
}

async function deviceMark(device: bigint): Promise<string> {
  const start = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => randomUUID())
  const counters = await readFile(`/sys/dev/block/${deviceNumber(device)}/stat`, 'utf8').catch(() =>
    randomUUID(),
  )
  // Requests and sectors written, then requests and sectors discarded (Documentation/block/stat.rst).
  const fields = counters.trim().split(/\s+/)
  return [device, start.trim(), fields[4] ?? counters, fields[6], fields[11], fields[13]].join(' ')
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
