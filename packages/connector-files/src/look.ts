import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { accessSync, type BigIntStats, constants, lstatSync, readlinkSync } from 'node:fs'
import { type Item, type JsonObject, systemCode } from '@restitute/core'
import type { Inode } from './hard-links.ts'
import { dataBytes } from './holes.ts'
import { lastingNumber } from './lasting-number.ts'
import { lossOf } from './loss.ts'
import { idToPath, isEscaped } from './names.ts'
import { isPlainFolder, placeOf } from './place.ts'
import { readXattrs, xattrFacts } from './xattrs.ts'

/** An item as it was seen, and the file that it is a name of when that has more than one. */
export interface Looked {
  readonly item: Item
  readonly inode?: Inode
  /** Of a folder: device and number, see {@link isSameFolder}. */
  readonly folder?: string
}

/**
 * Looks at one name of the tree, following no link. What cannot be looked at, or never be delivered, comes back with
 * `lost`; what has vanished comes back as nothing. `safe` is its path in the bag. Throws as `lossOf` does.
 * Synchronous, as in `readSmallFile`.
 */
export function lookAt(root: Buffer, id: string, safe: string): Looked | undefined {
  try {
    using place = placeOf(root, id)
    const stats = lstatSync(place.path, { bigint: true })
    if (stats.isDirectory() !== id.endsWith('/')) return { item: replaced(id) }
    const item = completed(itemOf(stats, place.path, id, safe), place.path, stats)
    return { item, ...inodeOf(stats, item.mark), ...(stats.isDirectory() && { folder: keyOf(stats) }) }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? undefined : { item: lostItem(id, lossOf(error)) }
  }
}

/** Device and number of what lies in the place of a folder; nothing when it has vanished or cannot be looked at. */
export function folderAt(root: Buffer, id: string): string | undefined {
  try {
    using place = placeOf(root, id)
    return keyOf(lstatSync(place.path, { bigint: true }))
  } catch {
    return undefined
  }
}

/**
 * Whether a folder is the one that was seen before, or has vanished, or is at least another one of the tree: not what a
 * link leads to that came in its place or above it.
 */
export function isSameFolder(root: Buffer, id: string, seen: string | undefined): boolean {
  const now = folderAt(root, id)
  return now === undefined || now === seen || isPlainFolder(root, id)
}

/** Whether what lies in the place of a folder is in the file system that was seen there, or has vanished, which the root must not. */
export function isSameDevice(root: Buffer, id: string, seen: string | undefined): boolean {
  const now = folderAt(root, id)
  if (now === undefined) return id !== './'
  return seen === undefined || now.startsWith(seen.slice(0, seen.indexOf(':') + 1))
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

function inodeOf(stats: BigIntStats, mark: string): Pick<Looked, 'inode'> {
  if (stats.nlink === 1n || stats.isDirectory()) return {}
  return { inode: { key: keyOf(stats), names: Number(stats.nlink), mark } }
}

function completed(item: Item, path: Buffer, stats: BigIntStats): Item {
  try {
    const whole = wholeOf(item, path, stats)
    return { ...whole, attributes: { ...whole.attributes, ...xattrFacts(readXattrs(path)) } }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw error
    return { ...item, lost: lossOf(error) }
  }
}

/** With what only its link target, or its data, tell. */
function wholeOf(item: Item, path: Buffer, stats: BigIntStats): Item {
  if (item.kind === 'symlink') return withTarget(item, path)
  if (item.kind !== 'file') return item
  accessSync(path, constants.R_OK)
  const allocated = dataBytes(path, stats)
  return allocated === undefined ? item : { ...item, attributes: { ...item.attributes, allocated } }
}

/**
 * Size, times (nanoseconds), inode, mode and owner: whatever writes to a file changes one of them. `path`: of it, or of anything
 * else that leads to its file system.
 */
export function markOf(stats: BigIntStats, path: Buffer): string {
  const { size, mtimeNs, ctimeNs, mode, uid, gid } = stats
  return [size, mtimeNs, ctimeNs, lastingNumber(stats, path), mode, uid, gid].join(' ')
}

/** What stands for a name whose folder, or itself, was replaced meanwhile. */
export function replaced(id: string): Item {
  return lostItem(id, 'changed while it was listed')
}

function lostItem(id: string, lost: string): Item {
  return { id, kind: id.endsWith('/') ? 'directory' : 'unknown', bytes: 0, mark: '', lost }
}

function itemOf(stats: BigIntStats, path: Buffer, id: string, safe: string): Item {
  const kind = kindOf(stats)
  const bytes = kind === 'file' ? Number(stats.size) : 0
  return { id, kind, bytes, mark: markOf(stats, path), attributes: attributesOf(stats, id, safe) }
}

function attributesOf(stats: BigIntStats, id: string, safe: string): JsonObject {
  return {
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
    ...(stats.isSymbolicLink() ? {} : { mode: Number(stats.mode & 0o7777n) }),
    ...(stats.nlink > 1n && !stats.isDirectory() ? { nlink: Number(stats.nlink) } : {}),
    ...(stats.isBlockDevice() || stats.isCharacterDevice() ? deviceOf(stats.rdev) : {}),
    ...(isEscaped(id) ? { rawName: idToPath(id).toString('base64') } : {}),
    ...(safe === id ? {} : { safePath: safe }),
  }
}

/** As glibc's `major` and `minor` take them apart. */
function deviceOf(number: bigint): JsonObject {
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)),
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

function withTarget(item: Item, path: Buffer): Item {
  const target = readlinkSync(path, { encoding: 'buffer' })
  const link = isUtf8(target) ? { target: target.toString() } : { rawTarget: target.toString('base64') }
  const digest = createHash('sha256').update(target).digest('hex')
  return { ...item, digest, attributes: { ...item.attributes, ...link } }
}
