import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

/** Identity of a machine, short enough to be typed (R35): another file or folder at the same path has another one. */
export function fingerprintOf(path: string, { dev, ino, rdev }: BigIntStats): string {
  const digest = createHash('sha256').update(`disk\n${path}\n${dev}\n${ino}\n${rdev}`).digest('hex')
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-')
}
