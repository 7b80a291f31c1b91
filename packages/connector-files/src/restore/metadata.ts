import { chmodSync, lchownSync, lutimesSync, utimesSync } from 'node:fs'
import { type KnownItem, type SystemCalls, systemCalls, systemCode } from '@restitute/core'
import { groupBits } from '../acl.ts'
import { mtimeOf, numberOf } from '../attributes.ts'
import { placeOf } from '../place.ts'
import { type Xattr, xattrsOf } from '../xattrs.ts'

/**
 * Owner (for root only), then extended attributes and ACLs, since a new owner takes capabilities away, then mode, since
 * attributes may need the right to write, then times. An owner, attribute or mode that cannot be set here shows in a comparison.
 * Synchronous, as in `readSmallFile`.
 */
export function setMetadata(root: Buffer, item: KnownItem | undefined): void {
  if (item === undefined) return
  using place = placeOf(root, item.id)
  const { path } = place
  const [uid, gid, mode] = ['uid', 'gid', 'mode'].map((name) => numberOf(item, name))
  const isRoot = process.getuid?.() === 0
  const given = !isRoot || uid === undefined || gid === undefined || giveTo(path, uid, gid)
  const system = systemCalls()
  const lost = xattrsOf(item).filter((xattr) => !isSet(system, path, xattr))
  if (mode !== undefined && item.kind !== 'symlink')
    setMode(path, withoutList(mode, lost) & (given ? 0o7777 : 0o1777))
  if (system) system.setTimes(path, mtimeOf(item), mtimeOf(item))
  else setTimes(path, item)
}

/** Root in a container need not know the owner, nor be root to a file server: then nothing may run in root's name either. */
function giveTo(path: Buffer, uid: number, gid: number): boolean {
  try {
    lchownSync(path, uid, gid)
    return true
  } catch (error) {
    if (['EPERM', 'EINVAL'].includes(systemCode(error) ?? '')) return false
    throw error
  }
}

/** exFAT and FAT refuse a mode with more than the nine bits of permission, other file systems every one. */
function setMode(path: Buffer, mode: number): void {
  try {
    chmodSync(path, mode)
  } catch (error) {
    if (!['EPERM', 'EINVAL', 'ENOTSUP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error
    if (mode > 0o777) setMode(path, mode & 0o777)
  }
}

function isSet(system: SystemCalls | undefined, path: Buffer, { name, value }: Xattr): boolean {
  try {
    system?.setXattr(path, name, value)
    return system !== undefined
  } catch {
    // Namespaces that need rights, or a file system that has none.
    return false
  }
}

/** Where a list of access is lost, what its members might must not become what the owning group may. */
function withoutList(mode: number, lost: readonly Xattr[]): number {
  const list = lost.find(({ name }) => name.toString('latin1') === 'system.posix_acl_access')
  return list === undefined ? mode : mode & ((groupBits(list.value) << 3) | 0o7707)
}

/** As text: Node takes a negative number (before 1970) for the present. Exact to half a microsecond. */
function setTimes(path: Buffer, item: KnownItem): void {
  const seconds = String(Number(mtimeOf(item)) / 1e9)
  const set = item.kind === 'symlink' ? lutimesSync : utimesSync
  set(path, seconds, seconds)
}
