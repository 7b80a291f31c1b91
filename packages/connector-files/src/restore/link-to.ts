import type { BigIntStats } from 'node:fs'
import { link, lstat, unlink } from 'node:fs/promises'
import { type KnownItem, RestituteError, systemCode } from '@restitute/core'
import { checkId } from '../names.ts'
import { placeOf } from '../place.ts'

/**
 * Makes an item another name of its leader, which is finished. Content of its own, from a package that did not have the
 * leader, gives way: it is the same. Throws `restore-failed` when the leader is no file of this kind or size.
 */
export async function linkTo(root: Buffer, leader: string, item: KnownItem): Promise<void> {
  checkId(leader)
  using first = placeOf(root, leader)
  using place = placeOf(root, item.id)
  const stats = await statsOf(first.path)
  // A special file that could not be made has no other names either.
  if (stats === undefined && item.kind !== 'file' && item.kind !== 'symlink') return
  if (stats === undefined || stats.isDirectory() || (stats.isFile() && Number(stats.size) !== item.bytes)) {
    throw new RestituteError('restore-failed', `item ${item.id}: expected a file as its leader`)
  }
  const own = await statsOf(place.path)
  if (own?.ino === stats.ino) return
  if (own !== undefined) await unlink(place.path)
  await link(first.path, place.path)
}

async function statsOf(path: Buffer): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    return undefined
  })
}
