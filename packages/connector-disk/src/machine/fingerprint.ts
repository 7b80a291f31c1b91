import type { BigIntStats } from 'node:fs'
import { fingerprintOfIdentity } from '@restitute/core'
import { deviceIdentity } from './device.ts'

/**
 * Identity of a machine, short enough to be typed (R35): another file, folder or device at the same path has another one. It
 * outlives a restart of the host, which gives devices other numbers.
 */
export async function fingerprintOf(path: string, stats: BigIntStats): Promise<string> {
  if (!stats.isBlockDevice()) return fingerprintOfFile(path, stats)
  return fingerprintOfIdentity(`disk device\n${await deviceIdentity(stats.rdev)}`)
}

/** The same of a file or folder. */
export function fingerprintOfFile(path: string, { ino, birthtimeNs }: BigIntStats): string {
  return fingerprintOfIdentity(`disk\n${path}\n${ino}\n${birthtimeNs}`)
}
