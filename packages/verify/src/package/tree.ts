import type { Json } from '@restitute/core'
import { type IndexEntry, type IndexItem, sha256Hex } from '@restitute/manifest'
import type { ItemParts } from './items.ts'
import type { Leaders } from './leaders.ts'

/*
 * What a restoration of a file tree makes of an item follows from its line (docs/format.md §10). A line from which nothing can be
 * made, or something else than the entries hold, would be found out when the source is gone.
 */

const kindsWithoutContent = ['directory', 'symlink', 'fifo', 'socket', 'block-device', 'character-device']

/** Whether an entry lies where its item says: by that the tree is found with `tar` alone. */
export function liesInPlace({ item, attributes }: IndexItem, { entry, part }: IndexEntry): boolean {
  const safe = attributes?.['safePath']
  const own = item === './' ? '' : `/${typeof safe === 'string' ? safe : item}`.replace(/\/$/, '')
  const within = part === undefined ? '' : `/part-${String(part).padStart(6, '0')}`
  return entry === `data${own}${within}`
}

/** Why an item that the client is to hold cannot be made, or would be made otherwise. */
export function treeProblem(item: IndexItem, parts: ItemParts, leaders: Leaders): string | undefined {
  const { kind, leader } = item
  if (kind !== 'file' && !kindsWithoutContent.includes(kind)) return 'nothing can be made of its kind'
  if (!isInTree(item)) return 'its id is no path of its kind in the tree'
  if (parts.misplaced) return 'its entry does not lie where its id says'
  if (parts.entries > 0 && kindsWithoutContent.includes(kind)) return `has content although it is a ${kind}`
  if (parts.links > 0 && leader === undefined) return 'its entry is a link, and it has no leader'
  if (leader !== undefined && !leaders.lead(item)) return 'its leader is no such file before it'
  if (kind === 'symlink' && digestOfTarget(item) !== item.digest)
    return 'its digest is not that of its target'
  return hasAttributes(item) ? undefined : 'owner, mode or time are not in the expected form'
}

function isInTree({ item, kind }: IndexItem): boolean {
  if (item === './') return kind === 'directory'
  const names = item.replace(/\/$/, '').split('/')
  const plain = names.every((name) => !['', '.', '..'].includes(name) && !name.includes('\0'))
  return plain && item.endsWith('/') === (kind === 'directory')
}

function digestOfTarget({ attributes }: IndexItem): string | undefined {
  const { target, rawTarget } = attributes ?? {}
  if (typeof target === 'string') return sha256Hex(target)
  return typeof rawTarget === 'string' ? sha256Hex(Buffer.from(rawTarget, 'base64')) : undefined
}

/** What a system keeps at most; the owner after the last one means to whoever sets it that it stays as it is. */
const most: Readonly<Record<string, number>> = {
  ...{ uid: 2 ** 32 - 2, gid: 2 ** 32 - 2, mode: 0o7777 },
  ...{ major: 2 ** 32 - 1, minor: 2 ** 32 - 1 },
}

function hasAttributes({ kind, attributes = {} }: IndexItem): boolean {
  const { mtime, xattrs = {}, rawXattrs = {} } = attributes
  const isTime = typeof mtime === 'string' && /^-?\d+$/.test(mtime)
  const hasNumbers = numbersOf(kind).every((name) => isUpTo(most[name] ?? 0, attributes[name]))
  return isTime && hasNumbers && isTable(xattrs) && isTable(rawXattrs)
}

function numbersOf(kind: string): readonly string[] {
  if (kind === 'symlink') return ['uid', 'gid']
  return ['uid', 'gid', 'mode', ...(kind.endsWith('-device') ? ['major', 'minor'] : [])]
}

function isUpTo(most: number, value: Json | undefined): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}

/** Whether it maps names to values in base64. */
function isTable(value: Json): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every(
    (one) => typeof one === 'string' && Buffer.from(one, 'base64').toString('base64') === one,
  )
}
