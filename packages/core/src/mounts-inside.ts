import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { RestituteError } from './errors.ts'
import { mountTable } from './mount-table.ts'
import { openPath } from './open-path.ts'

/**
 * Throws `destroy-failed` where something is mounted in a tree, by its real path. To be asked before anything is removed: what is on it was exported with
 * the tree, and once a destruction has begun, it would be missed no more after it is unmounted. It may be somebody else's, too, bound there.
 */
export async function refuseMounts(root: Buffer): Promise<void> {
  const inside = Buffer.concat([root, Buffer.from('/')])
  for (const { id, point } of await mountTable()) {
    const isInside = point.subarray(0, inside.length).equals(inside)
    if (isInside && (await isSeen(point, id))) throw mountedInside()
  }
}

/** What is mounted inside a tree, as `destroy-failed`. */
export function mountedInside(): RestituteError {
  return new RestituteError('destroy-failed', 'another file system is mounted inside the tree', {
    hint: 'unmount it: what is on it stays; if it was mounted during the export, declare it as a source of its own, and export again',
  })
}

/** Number of the mount by which an open file was reached; nothing where the system does not tell. */
export function mountOf({ fd }: { readonly fd: number }): string | undefined {
  return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
}

/** Whether no other mount hides it. */
async function isSeen(point: Buffer, id: string): Promise<boolean> {
  const handle = await open(point, openPath).catch(() => undefined)
  if (handle === undefined) return false
  await using seen = handle
  return mountOf(seen) === id
}
