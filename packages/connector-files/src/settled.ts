import type { BigIntStats } from 'node:fs'

/** Longer than the steps in which Linux before 6.13 moves the times of files on. */
const fineMs = 20
/** FAT keeps every second second; ext3, and ext4 with small inodes, whole ones. */
const coarseMs = 2000
const nsPerMs = 1_000_000n
const nsPerSecond = 1_000_000_000n

/**
 * Milliseconds until the next write to a file is sure to give it another mark: 0 unless it was changed a moment ago. What is
 * read before could be written over, with as many bytes, and keep its mark.
 */
export function msUntilSettled({ ctimeNs }: BigIntStats): number {
  const step = ctimeNs % nsPerSecond === 0n ? coarseMs : fineMs
  const age = Date.now() - Number(ctimeNs / nsPerMs)
  return age < 0 ? 0 : Math.max(0, step - age)
}
