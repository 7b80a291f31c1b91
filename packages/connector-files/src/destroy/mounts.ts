import { readFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { RestituteError } from '@restitute/core'
import { openPath } from '../place.ts'

/**
 * Throws `destroy-failed` where something is mounted in a tree. To be asked before anything is removed: what is on it was exported with
 * the tree, and once a destruction has begun, it would be missed no more after it is unmounted.
 */
export async function refuseMounts(root: Buffer): Promise<void> {
  // Bytes, each as one character: names need not be UTF-8.
  const table = await readFile('/proc/self/mountinfo', 'latin1').catch(() => '')
  const inside = `${root.toString('latin1')}/`
  for (const line of table.split('\n')) {
    const [id, , , , point = ''] = line.split(' ')
    const path = unescaped(point)
    if (path.startsWith(inside) && (await isSeen(Buffer.from(path, 'latin1'), id))) throw mountedInside()
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
async function isSeen(point: Buffer, id: string | undefined): Promise<boolean> {
  const handle = await open(point, openPath).catch(() => undefined)
  if (handle === undefined) return false
  await using seen = handle
  return mountOf(seen) === id
}

/** The table escapes blanks and backslashes. */
function unescaped(point: string): string {
  return point.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))
}
