import { lstat, open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  RestituteError,
  refuseMounts,
  type SourceSpec,
  systemCode,
  writtenSince,
} from '@restitute/core'
import { findRoot, fingerprintOf, type Root } from '../root.ts'
import { foldersDeepestFirst } from './folders.ts'
import { isChangedSince } from './late.ts'
import { removeFolders } from './remove-folders.ts'

const method: DestructionMethod = {
  category: 'none',
  technique: 'unlink',
  limits: [
    'the names are removed and the blocks released; the blocks may keep the content until they are written again',
    'snapshots, replicas and backups of the file system are not reached',
    'a file that also has a name outside the tree (hard link) keeps its content there',
    'a file that a running program holds open keeps its content until it is closed',
  ],
}

/** Type of an overlay (statfs(2)): layers, of which only the uppermost is written to. */
const overlay = 0x794c7630
const layers =
  'the file system is an overlay: what lies in one of its lower layers is hidden only, and stays there'

/** What removing names is on this file system. */
async function methodOn(path: Buffer): Promise<DestructionMethod> {
  const { type } = await statfs(path)
  return type === overlay ? { ...method, limits: [layers, ...method.limits] } : method
}

/**
 * Unlinks a tree. Steps name the tree and count names, never name them. A tree that is gone yields no step; one that
 * was replaced (another inode) is refused, as is a file system mounted inside, the latter before anything can begin, and one in which
 * something was made or changed since it was opened: whoever compared it with what was delivered may not have seen that: `destroy-failed`. One that is itself a file
 * system's top is emptied, and stays until it is unmounted: `destroy-failed`, too. After an interruption the same call goes on
 * with what is left.
 */
export async function filesDestroyer(source: SourceSpec): Promise<Destroyer> {
  const opened = Date.now()
  const root = await findRoot(source.url)
  if (root.path.equals(Buffer.from('/'))) {
    throw new RestituteError('usage', `source ${source.url}: expected a folder below /`)
  }
  await refuseMounts(root.path)
  return {
    fingerprint: root.fingerprint,
    method: await methodOn(root.path),
    plan: (signal) => wrapped(root, plan(root, signal)),
    destroy: (signal) => wrapped(root, destroy(root, opened, signal)),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function* plan(root: Root, signal: AbortSignal): AsyncIterable<DestroyStep> {
  if (!(await isThere(root))) return
  let [folders, others] = [0, 0]
  for await (const { leaves } of foldersDeepestFirst(root.path, { dev: root.dev, unlock: false, signal })) {
    folders++
    others += leaves.length
  }
  const object = root.path.toString()
  if (others > 0) yield { action: 'unlink files, links and special files', object, count: others }
  yield { action: 'remove folders', object, count: folders }
}

async function* destroy(root: Root, opened: number, signal: AbortSignal): AsyncIterable<DestroyStep> {
  if (!(await isThere(root))) return
  const visit = { dev: root.dev, unlock: true, signal }
  if (await isChangedSince(root.path, opened, visit))
    throw writtenSince(`tree ${root.path.toString()}: something in it was made or changed`)
  const object = root.path.toString()
  for await (const count of removeFolders(root.path, visit)) {
    yield { action: 'remove a folder and what lay in it', object, count }
  }
  await syncParent(root)
}

/** What can be done about an error of the system: by the call that failed, else by the error alone. */
const hints: Readonly<Record<string, string>> = {
  'EBUSY rmdir':
    'all that lay in it is gone, but a file system is mounted there: unmount it, remove the folder that it was mounted on, then run the same destruction again',
  EBUSY:
    'a file in it is in use by the system: see what is mounted there, then run the same destruction again',
  ENOTEMPTY:
    'something came in meanwhile, or a program holds a file open that lies on NFS: stop what writes there, then run the same destruction again',
  EPERM:
    'a file or folder may be immutable or append-only: `lsattr -aR` shows which, `chattr -R -i -a` lets go; then run the same destruction again',
  EROFS: 'it is mounted for reading alone: mount it for writing, then run the same destruction again',
}

/** Errors of the system as `destroy-failed`. */
async function* wrapped(root: Root, steps: AsyncIterable<DestroyStep>): AsyncIterable<DestroyStep> {
  try {
    yield* steps
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    throw failed(root, systemCode(cause) ?? 'unknown error', cause)
  }
}

function hintOf(error: unknown): { hint?: string } {
  const code = systemCode(error) ?? ''
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  const hint = hints[`${code} ${call}`] ?? hints[code]
  return hint === undefined ? {} : { hint }
}

function failed(root: Root, reason: string, cause?: unknown): RestituteError {
  const message = `tree ${root.path.toString()}: ${reason}`
  return new RestituteError('destroy-failed', message, { cause, ...hintOf(cause) })
}

/** Whether the tree is still there; throws when something else is: the tops of all disks of one kind have the same number, and in one slot the same device. */
async function isThere(root: Root): Promise<boolean> {
  const stats = await lstat(root.path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  if (stats === undefined) return false
  if (stats.dev === root.dev && fingerprintOf(root.path, stats) === root.fingerprint) return true
  throw failed(root, `it was replaced: expected inode ${root.ino}, got ${stats.ino}`)
}

async function syncParent(root: Root): Promise<void> {
  await using parent = await open(dirname(root.path.toString()), 'r')
  await parent.sync()
}
