import { lstatSync, symlinkSync } from 'node:fs'
import {
  type DeviceNumber,
  type KnownItem,
  RestituteError,
  systemCalls,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { numberOf, textOf } from '../attributes.ts'
import { Breath } from '../breath.ts'
import { checkId } from '../names.ts'
import { placeOf } from '../place.ts'
import { HardLinker } from './hard-linker.ts'
import { ofItem } from './item-error.ts'
import { setMetadata } from './metadata.ts'
import type { PlainFolders } from './plain-folders.ts'

/** A tree that is being built, and who makes its folders. */
export interface Tree {
  readonly root: Buffer
  readonly folders: PlainFolders
}

/**
 * Makes the links and special files of a tree whose files are written, then sets owners, modes, attributes and times.
 * A folder comes after all that lies in it, since its time would change and its mode may forbid writing; one that its
 * owner may not enter comes last of all, since a file in it may have other names elsewhere. Throws
 * `restore-failed` for a file that is missing or has another size than its item; a special file that this process may
 * not make is left out, which a comparison shows. `items` ascending by id.
 */
export async function finishTree(
  { root, folders }: Tree,
  items: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): Promise<void> {
  using links = new HardLinker(root, folders)
  const open: KnownItem[] = []
  const closing: KnownItem[] = []
  const breath = new Breath()
  let top: KnownItem | undefined
  for await (const item of items) {
    throwIfInterrupted(signal)
    checkId(item.id)
    while (isOutside(item, open.at(-1))) leave(root, open.pop(), closing)
    if (item.id === './') top = item
    else await ofItem(item.id, () => finishOne({ root, folders }, item, links))
    if (item.id !== './' && item.kind === 'directory') open.push(item)
    const pause = breath.after(0)
    if (pause) await pause
  }
  for (const item of open.toReversed()) leave(root, item, closing)
  // What lies in another one has a longer id.
  for (const item of closing.sort((a, b) => b.id.length - a.id.length)) setMetadata(root, item)
  setMetadata(root, top)
}

const mayEnter = 0o100

function leave(root: Buffer, folder: KnownItem | undefined, closing: KnownItem[]): void {
  if (folder && ((numberOf(folder, 'mode') ?? mayEnter) & mayEnter) === 0) closing.push(folder)
  else setMetadata(root, folder)
}

function isOutside(item: KnownItem, folder: KnownItem | undefined): boolean {
  return folder !== undefined && !item.id.startsWith(folder.id)
}

async function finishOne({ root, folders }: Tree, item: KnownItem, links: HardLinker): Promise<void> {
  folders.ensureParent(item.id)
  if (item.kind === 'directory') return folders.ensure(item.id)
  if (item.leader !== undefined) {
    if (await links.link(item, item.leader)) setMetadata(root, item)
    return
  }
  using place = placeOf(root, item.id)
  if (item.kind === 'symlink') symlinkSync(targetOf(item), place.path)
  else if (item.kind === 'file') checkFile(place.path, item)
  else if (!makeSpecial(place.path, item)) return
  setMetadata(root, item)
}

function targetOf(item: KnownItem): Buffer {
  const target = textOf(item, 'target')
  return target === undefined ? Buffer.from(textOf(item, 'rawTarget') ?? '', 'base64') : Buffer.from(target)
}

function checkFile(path: Buffer, item: KnownItem): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() === true && stats.size === item.bytes) return
  const got = stats === undefined ? 'nothing' : `${stats.size} bytes`
  throw new RestituteError('restore-failed', `item ${item.id}: expected ${item.bytes} bytes, got ${got}`)
}

/** Type bits of a mode. */
const nodeTypes: Readonly<Record<string, number>> = {
  fifo: 0o010000,
  'character-device': 0o020000,
  'block-device': 0o060000,
  socket: 0o140000,
}

/** What is wrong then is not that such a file cannot be made. */
const notOfKind: ReadonlySet<string | undefined> = new Set(['EEXIST', 'ENOENT', 'ENOSPC', 'EDQUOT', 'EROFS'])

/** Whether it was made: only root may make devices, and file systems that lack a kind, or large numbers, say so in many ways. */
function makeSpecial(path: Buffer, item: KnownItem): boolean {
  const [type, system] = [nodeTypes[item.kind], systemCalls()]
  if (type === undefined || system === undefined) return false
  try {
    system.makeNode(path, type | 0o600, deviceOf(item))
    return true
  } catch (error) {
    if (notOfKind.has(systemCode(error))) throw error
    return false
  }
}

function deviceOf(item: KnownItem): DeviceNumber {
  return { major: numberOf(item, 'major') ?? 0, minor: numberOf(item, 'minor') ?? 0 }
}
