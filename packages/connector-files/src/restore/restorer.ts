import { lstat, mkdir, open, readdir, realpath, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  buildingPlace,
  type HeldFileSystem,
  holdFileSystem,
  RestituteError,
  type Restorer,
  refuseMounted,
  type SourceSpec,
  systemCalls,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { removeTree } from '../destroy/remove-folders.ts'
import { unreadable } from '../loss.ts'
import { pathOfUrl } from '../root.ts'
import { readXattrs } from '../xattrs.ts'
import { finishTree } from './finish-tree.ts'
import { ofItem } from './item-error.ts'
import { EntryWriter } from './write-entry.ts'

/**
 * Builds the tree beside the target (`buildingPlace`) and renames it into its place on `finish`, when it is on
 * stable storage: a name that outlives a loss of power must not stand for files that do not.
 * The target is absent or an empty folder (`target-not-empty` otherwise) where no file system is mounted (`usage`), its parent exists
 * (`source-unreachable`). Links, special files, owners, modes, attributes and times come last, from the items, so the tree files of the
 * packages are not needed; owners are set when this process is root, and are its own otherwise.
 */
export async function filesRestorer(target: SourceSpec): Promise<Restorer> {
  const place = await emptyPlace(target)
  const build = Buffer.from(await buildingPlace(place, (left) => removeTree(Buffer.from(left))))
  const writer = new EntryWriter(build)
  await makeFolder(build).catch((cause: unknown) => notBeside(place, cause))
  const fileSystem = await wrapped(place, holdFileSystem(build))
  let promoted = false
  return {
    phases: 1,
    phase: () => 0,
    accept: (entry, signal) =>
      wrapped(
        place,
        ofItem(entry.item ?? entry.path, () => writer.write(entry, signal)),
      ),
    finish: async (items, signal) => {
      await wrapped(place, finishTree({ root: build, folders: writer.folders }, items, signal))
      throwIfInterrupted(signal)
      await wrapped(place, promote(build, place, fileSystem))
      promoted = true
    },
    [Symbol.asyncDispose]: async () => {
      await fileSystem[Symbol.asyncDispose]()
      writer.folders[Symbol.dispose]()
      if (!promoted) await removeTree(build)
    },
  }
}

/** The folder in which the place lies may well belong to somebody else. */
function notBeside(place: string, cause: unknown): never {
  const reason = systemCode(cause) ?? String(cause)
  throw new RestituteError('restore-failed', `restoration to ${place}: ${reason} in ${dirname(place)}`, {
    cause,
    hint: 'a tree is built beside its place, so the folder above must be writable: name a folder inside the place, which need not be there',
  })
}

/** Without the ACLs that the folder above hands down: everything inside would have them, too. */
async function makeFolder(path: Buffer): Promise<void> {
  await mkdir(path, { mode: 0o700 })
  for (const { name } of readXattrs(path)) {
    if (name.toString().startsWith('system.posix_acl_')) systemCalls()?.removeXattr(path, name)
  }
}

async function emptyPlace(target: SourceSpec): Promise<string> {
  const path = pathOfUrl(target.url)
  const parent = await realpath(dirname(path)).catch((cause: unknown) => {
    throw new RestituteError('source-unreachable', `target ${target.url}: ${unreadable(cause)}`, { cause })
  })
  const place = join(parent, basename(path))
  await refuseMounted(place, target.url)
  if (await isFree(place)) return place
  throw new RestituteError(
    'target-not-empty',
    `target ${target.url}: expected nothing or an empty folder there`,
  )
}

async function isFree(place: string): Promise<boolean> {
  const stats = await lstat(place).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  return stats === undefined || (stats.isDirectory() && (await readdir(place)).length === 0)
}

/** Renaming replaces an empty folder, and fails if it is empty no longer. */
async function promote(build: Buffer, place: string, fileSystem: HeldFileSystem): Promise<void> {
  fileSystem.flush()
  await rename(build, place)
  await using parent = await open(dirname(place), 'r')
  await parent.sync()
}

async function wrapped<T>(place: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    const reason = systemCode(cause) ?? String(cause)
    throw new RestituteError('restore-failed', `restoration to ${place}: ${reason}`, { cause })
  }
}
