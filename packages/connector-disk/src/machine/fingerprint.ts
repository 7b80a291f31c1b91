import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { deviceIdentity } from './device.ts'

/** Identity of a machine, short enough to be typed (R35): another file, folder or device at the same path has another one. */
export async function fingerprintOf(path: string, stats: BigIntStats): Promise<string> {
  const { dev, ino, rdev } = stats
  const identity = stats.isBlockDevice()
    ? `disk device\n${await deviceIdentity(rdev)}`
    : `disk\n${path}\n${dev}\n${ino}\n${rdev}`
  const digest = createHash('sha256').update(identity).digest('hex')
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-')
}
