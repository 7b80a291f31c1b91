import type { BigIntStats } from 'node:fs'
import { fingerprintOfIdentity } from '@restitute/core'
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
  return fingerprintOfIdentity(identity)
}
