import { type BigIntStats, statfsSync } from 'node:fs'

/** FUSE, FAT and exFAT (statfs(2)): they number files as they come to be looked at. */
const fleeting: ReadonlySet<number> = new Set([0x65735546, 0x4d44, 0x2011bab0])

/** Device → whether its files keep their numbers. */
const lasting = new Map<bigint, boolean>()

/**
 * The number of a file, 0 where the system gives it another one once it has forgotten the file, as it does while a large tree is
 * read, or has mounted its file system again.
 */
export function lastingNumber(stats: BigIntStats, path: Buffer): bigint {
  return (lasting.get(stats.dev) ?? isLasting(stats, path)) ? stats.ino : 0n
}

/** Taken for lasting where nobody can tell, as of a file that has just vanished. */
function isLasting(stats: BigIntStats, path: Buffer): boolean {
  // A symbolic link would be followed, to nowhere perhaps.
  const end = stats.isSymbolicLink() ? path.lastIndexOf('/') : path.length
  try {
    const keeps = !fleeting.has(statfsSync(path.subarray(0, Math.max(end, 1))).type)
    lasting.set(stats.dev, keeps)
    return keeps
  } catch {
    return true
  }
}
