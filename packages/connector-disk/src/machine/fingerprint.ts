import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { deviceIdentity } from './device.ts'

/**
 * Identity of a machine, short enough to be typed (R35): another file, folder or device at the same path has another one. It
 * outlives a restart of the host, which gives devices other numbers.
 */
export async function fingerprintOf(path: string, stats: BigIntStats): Promise<string> {
  const { ino, birthtimeNs, rdev } = stats
  const identity = stats.isBlockDevice()
    ? `disk device\n${await deviceIdentity(rdev)}`
    : `disk\n${path}\n${ino}\n${birthtimeNs}`
  const digest = createHash('sha256').update(identity).digest('hex')
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-')
}
