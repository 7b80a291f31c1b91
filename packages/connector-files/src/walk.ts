import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import {
  compareUtf8,
  type Item,
  RestituteError,
  safeNamer,
  systemCalls,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { safePathOf } from './attributes.ts'
import { HardLinks } from './hard-links.ts'
import { listingOf } from './listing.ts'
import { folderAt, isSameDevice, isSameFolder, type Looked, lookAt, replaced } from './look.ts'
import { lossOf, unreadable } from './loss.ts'
import { idToPath } from './names.ts'
import { placeOf } from './place.ts'

/** How many names are looked at before the event loop runs again. */
const batch = 64
/** What lies in a folder whose path in the bag is longer moves up to the top, where ordinary tools can reach it. */
const longestSafeFolder = 1000

/** An item, and which folder it is. */
interface Seen extends Pick<Looked, 'item'> {
  readonly folder: string | undefined
}

/** A folder that is being walked. */
interface Level {
  /** Id of the folder, empty for the root. */
  readonly id: string
  /** Which one it was when its names were read, see {@link isSameFolder}. */
  readonly folder: string | undefined
  /** Its path in the bag, likewise. */
  readonly safe: string
  /** Ids relative to the folder, ascending, and the safe names of those that do not keep theirs. */
  readonly names: readonly string[]
  readonly safeNames: ReadonlyMap<string, string>
  next: number
  ready: Looked[]
}

/**
 * Every item of a tree, ascending by id; the root is `./`. Follows no link, holds the names of one folder per
 * level. What cannot be read comes as an item with `lost`; so does the root where this system does not let us see all
 * that a tree can hold. Throws `source-view-lost` when a file system came or went meanwhile.
 */
export async function* walk(root: Buffer, signal: AbortSignal): AsyncIterable<Item> {
  const levels = [await openTop(root)]
  using links = new HardLinks()
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    throwIfInterrupted(signal)
    const { item, folder } = (await nextItem(root, level, links)) ?? {}
    if (item === undefined) leave(root, levels.pop())
    else if (item.id === './') yield withBlindness(item)
    else if (item.kind !== 'directory' || item.lost !== undefined) yield item
    else yield* enter(root, { item, folder }, levels)
  }
}

/** Names that vanish with their file system look like names that were removed: only the folder where it was mounted tells. */
function leave(root: Buffer, level: Level | undefined): void {
  if (level === undefined || isSameDevice(root, level.id || './', level.folder)) return
  throw new RestituteError(
    'source-view-lost',
    `source files:${root.toString()}: a file system was mounted or unmounted while it was listed`,
    { hint: 'see that everything is mounted, and stays so' },
  )
}

function withBlindness(top: Item): Item {
  if (systemCalls() !== undefined) return top
  return { ...top, lost: 'extended attributes, ACLs and holes cannot be read on this system' }
}

/**
 * The folder itself, after its names are read, and its level on top of the others. Not one that a link has replaced
 * since it was looked at, which may be long ago: its names would be those of somebody else.
 */
async function* enter(root: Buffer, { item, folder }: Seen, levels: Level[]): AsyncIterable<Item> {
  const place = { id: item.id, safe: safePathOf(item) }
  const opened = await openLevel(root, place).catch((error: unknown) => ({ error }))
  if (!('error' in opened) && !isSameFolder(root, item.id, folder)) return yield replaced(item.id)
  if (!('error' in opened)) levels.push(opened)
  else if (systemCode(opened.error) === 'ENOENT') return
  yield 'error' in opened ? { ...item, lost: lossOf(opened.error) } : item
}

async function nextItem(root: Buffer, level: Level, links: HardLinks): Promise<Seen | undefined> {
  while (level.ready.length === 0 && level.next < level.names.length) {
    const names = level.names.slice(level.next, level.next + batch)
    level.next += names.length
    level.ready = lookAtAll(root, level, names)
    await setImmediate()
  }
  const next = level.ready.shift()
  return next && { folder: next.folder, item: withLeader(next, links) }
}

/** What is seen of names is of this folder only while no link is in its place. */
function lookAtAll(root: Buffer, level: Level, names: readonly string[]): Looked[] {
  const looked = names.map((name) => lookAt(root, level.id + name, safePathIn(level, name)))
  if (isSameFolder(root, level.id || './', level.folder)) return looked.filter((one) => one !== undefined)
  return names.map((name) => ({ item: replaced(level.id + name) }))
}

/** Only now: the names in folders that sort before were looked at later than those beside them. */
function withLeader({ item, inode }: Looked, links: HardLinks): Item {
  const leader = inode && links.leaderOf(inode, item.id)
  return leader === undefined ? item : { ...item, leader }
}

function safePathIn(level: Level, name: string): string {
  const safe = level.safe + (level.safeNames.get(name) ?? name)
  if (!name.endsWith('/') || Buffer.byteLength(safe) <= longestSafeFolder) return safe
  const digest = createHash('sha256').update(level.id).update(name).digest('hex').slice(0, 12)
  return `deep~${digest}/`
}

async function openTop(root: Buffer): Promise<Level> {
  return openLevel(root, { id: '', safe: '' }).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `source files:${root.toString()}: ${unreadable(cause)}`, {
      cause,
    })
  })
}

async function openLevel(root: Buffer, place: Pick<Level, 'id' | 'safe'>): Promise<Level> {
  const { id } = place
  const names = await namesIn(root, id || './')
  // Not before: opening a folder may be what mounts the file system that it stands for.
  const folder = folderAt(root, id || './')
  const safeOf = differingSafeNames(names)
  if (id === '') names.push('./')
  return { ...place, folder, names: names.sort(compareUtf8), safeNames: safeOf, next: 0, ready: [] }
}

async function namesIn(root: Buffer, id: string): Promise<string[]> {
  using place = placeOf(root, id)
  return await listingOf(place.path)
}

function differingSafeNames(names: readonly string[]): Map<string, string> {
  const safeAt = safeNamer(names.length, (i) => idToPath(names[i] ?? ''))
  const differing = new Map<string, string>()
  for (const [i, name] of names.entries()) {
    const kept = `${safeAt(i)}${name.endsWith('/') ? '/' : ''}`
    if (kept !== name) differing.set(name, kept)
  }
  return differing
}
