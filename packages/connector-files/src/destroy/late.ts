import { lstat } from 'node:fs/promises'
import { eachLimited, isLater, systemCode } from '@restitute/core'
import { foldersDeepestFirst, type Visit } from './folders.ts'

const looksAtOnce = 16

/**
 * Whether something in a tree that is no folder was made, changed or moved there after that time (milliseconds since 1970).
 * Behind a folder that its owner may not read yet, nobody looks.
 */
export async function isChangedSince(root: Buffer, time: number, visit: Visit): Promise<boolean> {
  let isChanged = false
  const look = async (leaf: Buffer): Promise<void> => {
    if (isLater(await changedAt(leaf), time)) isChanged = true
  }
  try {
    for await (const { leaves } of foldersDeepestFirst(root, { ...visit, unlock: false })) {
      await eachLimited(looksAtOnce, leaves, look, visit.signal)
      if (isChanged) break
    }
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error
  }
  return isChanged
}

/** Also of what came with the times that it had elsewhere. */
async function changedAt(leaf: Buffer): Promise<number> {
  const stats = await lstat(leaf).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  return stats?.ctimeMs ?? 0
}
