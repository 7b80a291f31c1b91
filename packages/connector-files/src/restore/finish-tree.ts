import { chmod, lchown, lstat, lutimes, symlink, utimes } from 'node:fs/promises'
import { type KnownItem, RestituteError, throwIfInterrupted } from '@restitute/core'
import { mtimeOf, numberOf, textOf } from '../attributes.ts'
import { checkId, pathOf } from '../names.ts'
import { PlainFolders } from './plain-folders.ts'

/**
 * Makes the links of a tree whose files are written, then sets owners (for root only), modes and times. A folder
 * comes after all that lies in it, since its time would change and its mode may forbid writing. Throws
 * `restore-failed` for a file that is missing or has another size than its item. `items` ascending by id.
 */
export async function finishTree(
  root: Buffer,
  items: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): Promise<void> {
  const folders = new PlainFolders(root)
  const open: KnownItem[] = []
  let top: KnownItem | undefined
  for await (const item of items) {
    throwIfInterrupted(signal)
    checkId(item.id)
    while (isOutside(item, open.at(-1))) await setMetadata(root, open.pop())
    await folders.ensureParent(item.id)
    if (item.id === './') top = item
    else if (item.kind === 'directory') await folders.ensure(item.id).then(() => open.push(item))
    else await finishFile(root, item)
  }
  for (const item of [...open.toReversed(), top]) await setMetadata(root, item)
}

function isOutside(item: KnownItem, folder: KnownItem | undefined): boolean {
  return folder !== undefined && !item.id.startsWith(folder.id)
}

async function finishFile(root: Buffer, item: KnownItem): Promise<void> {
  const path = pathOf(root, item.id)
  if (item.kind === 'symlink') await symlink(targetOf(item), path)
  else if (item.kind === 'file') await checkFile(path, item)
  else return
  await setMetadata(root, item)
}

function targetOf(item: KnownItem): Buffer {
  const target = textOf(item, 'target')
  return target === undefined ? Buffer.from(textOf(item, 'rawTarget') ?? '', 'base64') : Buffer.from(target)
}

async function checkFile(path: Buffer, item: KnownItem): Promise<void> {
  const stats = await lstat(path).catch(() => undefined)
  if (stats?.isFile() === true && stats.size === item.bytes) return
  const got = stats === undefined ? 'nothing' : `${stats.size} bytes`
  throw new RestituteError('restore-failed', `item ${item.id}: expected ${item.bytes} bytes, got ${got}`)
}

/** Owner, then mode, since a new owner clears bits of the mode, then times. */
async function setMetadata(root: Buffer, item: KnownItem | undefined): Promise<void> {
  if (item === undefined) return
  const path = pathOf(root, item.id)
  const [uid, gid, mode] = ['uid', 'gid', 'mode'].map((name) => numberOf(item, name))
  const isRoot = process.getuid?.() === 0
  if (isRoot && uid !== undefined && gid !== undefined) await lchown(path, uid, gid)
  if (mode !== undefined && item.kind !== 'symlink') await chmod(path, mode & 0o7777)
  const time = seconds(mtimeOf(item))
  await (item.kind === 'symlink' ? lutimes : utimes)(path, time, time)
}

/** As text: Node takes a negative number (before 1970) for the present. Exact to half a microsecond. */
function seconds(nanoseconds: bigint): string {
  return String(Number(nanoseconds) / 1e9)
}
