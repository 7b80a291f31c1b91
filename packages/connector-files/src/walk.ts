import { opendir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import {
  compareUtf8,
  type Item,
  RestituteError,
  safeNames,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { safePathOf } from './attributes.ts'
import { lookAt, unreadable } from './look.ts'
import { idToPath, nameToId, pathOf } from './names.ts'

/** How many names are looked at before the event loop runs again. */
const batch = 64

/** A folder that is being walked. */
interface Level {
  /** Id of the folder, empty for the root. */
  readonly id: string
  /** Its path in the bag, likewise. */
  readonly safe: string
  /** Ids relative to the folder, ascending, and the safe names of those that do not keep theirs. */
  readonly names: readonly string[]
  readonly safeNames: ReadonlyMap<string, string>
  next: number
  ready: Item[]
}

/**
 * Every item of a tree, ascending by id; the root is `./`. Follows no link, holds the names of one folder per
 * level. What cannot be read comes as an item with `lost`.
 */
export async function* walk(root: Buffer, signal: AbortSignal): AsyncIterable<Item> {
  const levels = [await openTop(root)]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    throwIfInterrupted(signal)
    const item = await nextItem(root, level)
    if (item === undefined) levels.pop()
    else if (item.kind !== 'directory' || item.id === './' || item.lost !== undefined) yield item
    else yield* enter(root, item, levels)
  }
}

/** The folder itself, after its names are read, and its level on top of the others. */
async function* enter(root: Buffer, item: Item, levels: Level[]): AsyncIterable<Item> {
  const opened = await openLevel(root, item.id, safePathOf(item)).catch((error: unknown) => ({ error }))
  if (!('error' in opened)) levels.push(opened)
  else if (systemCode(opened.error) === 'ENOENT') return
  yield 'error' in opened ? { ...item, lost: unreadable(opened.error) } : item
}

async function nextItem(root: Buffer, level: Level): Promise<Item | undefined> {
  while (level.ready.length === 0 && level.next < level.names.length) {
    const names = level.names.slice(level.next, level.next + batch)
    level.next += names.length
    const items = names.map((name) => lookAt(...placeOf(root, level, name)))
    level.ready = items.filter((item) => item !== undefined)
    await setImmediate()
  }
  return level.ready.shift()
}

function placeOf(root: Buffer, level: Level, name: string): [path: Buffer, id: string, safe: string] {
  const id = level.id + name
  return [pathOf(root, id), id, level.safe + (level.safeNames.get(name) ?? name)]
}

async function openTop(root: Buffer): Promise<Level> {
  return openLevel(root, '', '').catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `source files:${root.toString()}: ${unreadable(cause)}`, {
      cause,
    })
  })
}

async function openLevel(root: Buffer, id: string, safe: string): Promise<Level> {
  const names = await namesIn(pathOf(root, id === '' ? './' : id))
  const safeOf = differingSafeNames(names)
  if (id === '') names.push('./')
  return { id, safe, names: names.sort(compareUtf8), safeNames: safeOf, next: 0, ready: [] }
}

/** Name by name: a million entries at once would weigh several times what their names do. */
async function namesIn(path: Buffer): Promise<string[]> {
  const names: string[] = []
  // Not typed, but passed on like that of readdir: names come as bytes.
  const encoding = 'buffer' as BufferEncoding
  for await (const entry of await opendir(path, { encoding, bufferSize: 1024 })) {
    names.push(nameToId(Buffer.from(entry.name)) + (entry.isDirectory() ? '/' : ''))
  }
  return names
}

function differingSafeNames(names: readonly string[]): Map<string, string> {
  const safe = safeNames(names.map(idToPath))
  const differing = new Map<string, string>()
  for (const [i, name] of names.entries()) {
    const kept = `${safe[i]}${name.endsWith('/') ? '/' : ''}`
    if (kept !== name) differing.set(name, kept)
  }
  return differing
}
