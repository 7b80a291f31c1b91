import type { BigIntStats } from 'node:fs'
import { type Extent, systemCalls } from '@restitute/core'
import { closeUnlessLocked } from './held-locks.ts'
import { openToRead } from './read-flags.ts'

/** Whether a file may have holes: it occupies less than its size, as it does on a file system that compresses, too. */
function isSparse({ blocks, size }: BigIntStats): boolean {
  return blocks * 512n < size
}

/** Bytes of data in a file that has holes; nothing when it has none, or nobody can tell. */
export function dataBytes(path: Buffer, stats: BigIntStats): number | undefined {
  if (!isSparse(stats)) return undefined
  try {
    return dataOf(openToRead(path), stats)
  } catch {
    // Whoever reads it is told why.
    return undefined
  }
}

function dataOf(fd: number, stats: BigIntStats): number | undefined {
  const length = Number(stats.size)
  try {
    return extentsOf(fd, stats, { offset: 0, length })?.reduce((sum, extent) => sum + extent.length, 0)
  } finally {
    closeUnlessLocked(fd, length)
  }
}

/** A part of a file, in bytes. */
export interface Range {
  readonly offset: number
  readonly length: number
}

/**
 * The stretches of a range of an open file that hold data, counted from the beginning of the range; nothing when it
 * has no holes there, or nobody can tell.
 */
export function extentsOf(fd: number, stats: BigIntStats, { offset, length }: Range): Extent[] | undefined {
  if (!isSparse(stats)) return undefined
  const found = findExtents(fd, offset, offset + length)
  if (found === undefined || (found.length === 1 && found[0]?.length === length)) return undefined
  return found.map((extent) => ({ offset: extent.offset - offset, length: extent.length }))
}

function findExtents(fd: number, from: number, to: number): Extent[] | undefined {
  try {
    const found = systemCalls()?.dataExtents(fd, from, to)
    return found && [...found]
  } catch {
    // Not on this file system: everything is read then.
    return undefined
  }
}
