import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { accessSync, type BigIntStats, constants, lstatSync, readlinkSync } from 'node:fs'
import { type Item, type JsonObject, systemCode } from '@restitute/core'
import { idToPath, isEscaped } from './names.ts'

/**
 * Looks at one name of the tree, following no link. What cannot be looked at, or never be delivered, comes back with
 * `lost`; what has vanished comes back as nothing. `safe` is its path in the bag.
 * Synchronous, as in `readSmallFile`.
 */
export function lookAt(path: Buffer, id: string, safe: string): Item | undefined {
  try {
    const stats = lstatSync(path, { bigint: true })
    if (stats.isDirectory() !== id.endsWith('/')) return lostItem(id, 'changed while it was listed')
    return completed(itemOf(stats, id, safe), path)
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : lostItem(id, unreadable(error))
  }
}

function completed(item: Item, path: Buffer): Item {
  if (item.kind === 'directory') return item
  if (item.kind === 'symlink') return withTarget(item, readlinkSync(path, { encoding: 'buffer' }))
  if (item.kind !== 'file') return { ...item, lost: 'special file, declared only' }
  try {
    accessSync(path, constants.R_OK)
    return item
  } catch (error) {
    return { ...item, lost: unreadable(error) }
  }
}

/** Why something cannot be read, for the loss report. */
export function unreadable(error: unknown): string {
  return `cannot be read: ${systemCode(error) ?? 'unknown error'}`
}

/** Size, times (nanoseconds), inode, mode and owner: whatever writes to a file changes one of them. */
export function markOf(stats: BigIntStats): string {
  const { size, mtimeNs, ctimeNs, ino, mode, uid, gid } = stats
  return [size, mtimeNs, ctimeNs, ino, mode, uid, gid].join(' ')
}

function lostItem(id: string, lost: string): Item {
  return { id, kind: id.endsWith('/') ? 'directory' : 'unknown', bytes: 0, mark: '', lost }
}

function itemOf(stats: BigIntStats, id: string, safe: string): Item {
  const kind = kindOf(stats)
  const bytes = kind === 'file' ? Number(stats.size) : 0
  return { id, kind, bytes, mark: markOf(stats), attributes: attributesOf(stats, id, safe) }
}

function attributesOf(stats: BigIntStats, id: string, safe: string): JsonObject {
  return {
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
    ...(stats.isSymbolicLink() ? {} : { mode: Number(stats.mode & 0o7777n) }),
    ...(stats.nlink > 1n && !stats.isDirectory() ? { nlink: Number(stats.nlink) } : {}),
    ...(isEscaped(id) ? { rawName: idToPath(id).toString('base64') } : {}),
    ...(safe === id ? {} : { safePath: safe }),
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  return stats.isBlockDevice() ? 'block-device' : 'character-device'
}

function withTarget(item: Item, target: Buffer): Item {
  const link = isUtf8(target) ? { target: target.toString() } : { rawTarget: target.toString('base64') }
  const digest = createHash('sha256').update(target).digest('hex')
  return { ...item, digest, attributes: { ...item.attributes, ...link } }
}
