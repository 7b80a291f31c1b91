import { constants } from 'node:fs'
import { chmod, type FileHandle, open, readdir } from 'node:fs/promises'
import {
  mountedInside,
  mountOf,
  openPath,
  RestituteError,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { joinPath } from '../names.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants

/** A folder on the way up: all folders in it have been visited. */
export interface Folder {
  readonly path: Buffer
  /** Paths of what lies in it and is no folder. Valid until the next folder is asked for, like `path`. */
  readonly leaves: readonly Buffer[]
}

/** How the tree is walked. */
export interface Visit {
  /** The only file system to be entered; another one mounted inside is `destroy-failed`. */
  readonly dev: bigint
  /** The only mount to be entered, of the top: another one of the same file system (a bind mount) leads out of the tree. */
  readonly mount?: string | undefined
  /** Gives each folder the rights that removing its content needs. */
  readonly unlock: boolean
  readonly signal: AbortSignal
}

/**
 * The folders of a tree, deepest first. Every step goes through the open folder above it (`/proc/self/fd`, so on
 * Linux only): nobody can slip in a link that would lead out of the tree. What has vanished is passed over.
 */
export async function* foldersDeepestFirst(path: Buffer, visit: Visit): AsyncIterable<Folder> {
  throwIfInterrupted(visit.signal)
  const opened = await openFolder(path, visit)
  if (opened === undefined) return
  await using handle = opened
  const mount = mountOf(handle)
  await prepare(handle, mount, visit)
  const inside = Buffer.from(`/proc/self/fd/${handle.fd}`)
  const leaves: Buffer[] = []
  const folders: Buffer[] = []
  for (const entry of await readdir(inside, { withFileTypes: true, encoding: 'buffer' })) {
    const list = entry.isDirectory() ? folders : leaves
    list.push(joinPath(inside, entry.name))
  }
  for (const folder of folders) yield* foldersDeepestFirst(folder, { ...visit, mount })
  yield { path, leaves }
}

async function openFolder(path: Buffer, visit: Visit): Promise<FileHandle | undefined> {
  const opening = (): Promise<FileHandle> => open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  return opening().catch(async (error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    if (systemCode(error) !== 'EACCES' || !visit.unlock) throw error
    await letOwnerRead(path, visit)
    return opening()
  })
}

/** What its owner may not read cannot be opened to be given that right, but named, again without following a link. */
async function letOwnerRead(path: Buffer, { dev }: Visit): Promise<void> {
  await using named = await open(path, openPath | O_DIRECTORY | O_NOFOLLOW)
  if ((await named.stat({ bigint: true })).dev === dev) await chmod(`/proc/self/fd/${named.fd}`, 0o700)
}

/** Another device by the same mount: it may be mounted elsewhere, too, or be the only snapshot of something. */
function subvolumeInside(): RestituteError {
  return new RestituteError('destroy-failed', 'a subvolume or snapshot lies inside the tree', {
    hint: '`btrfs subvolume list` shows it: delete it with `btrfs subvolume delete`, or move it away and declare it as a copy of its own; then run the same destruction again',
  })
}

async function prepare(handle: FileHandle, mount: string | undefined, visit: Visit): Promise<void> {
  const stats = await handle.stat({ bigint: true })
  if ((visit.mount ?? mount) !== mount) throw mountedInside()
  if (stats.dev !== visit.dev) throw mount === undefined ? mountedInside() : subvolumeInside()
  if (visit.unlock && (stats.mode & 0o700n) !== 0o700n) await handle.chmod(0o700)
}
