import { lstat, rmdir, unlink } from 'node:fs/promises'
import { systemCode, throwIfInterrupted } from '@restitute/core'
import { foldersDeepestFirst, type Visit } from './folders.ts'

/** Removes a tree, deepest first; for each folder gone, how many names went with it, its own included. */
export async function* removeFolders(root: Buffer, visit: Visit): AsyncIterable<number> {
  for await (const { path, leaves } of foldersDeepestFirst(root, visit)) {
    for (const leaf of leaves) {
      throwIfInterrupted(visit.signal)
      await unlink(leaf).catch(ignoreVanished)
    }
    await rmdir(path).catch(ignoreVanished)
    yield leaves.length + 1
  }
}

/** Removes a tree of our own making, whole, if it is there. */
export async function removeTree(root: Buffer): Promise<void> {
  const stats = await lstat(root, { bigint: true }).catch(ignoreVanished)
  if (stats === undefined) return
  const { dev } = stats
  const visit = { dev, unlock: true, signal: new AbortController().signal }
  for await (const _ of removeFolders(root, visit));
}

function ignoreVanished(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error
}
