import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { buildingPlace, RestituteError, refuseMounted, type SourceSpec, systemCode } from '@restitute/core'
import type { DiskUrl } from '../url.ts'

/** A folder beside the target in which everything is built. */
export interface Staging extends AsyncDisposable {
  readonly folder: string
  /** Where it will be. */
  readonly place: string
  /** Gives the target its name: the folder, or one file of it. Nothing of the folder is left beside it. */
  promote(only: string | undefined): Promise<void>
}

/** Throws `target-not-empty`, `usage` where a file system is mounted, and `source-unreachable` where the folder of the target cannot be reached. */
export async function openStaging(target: SourceSpec, url: DiskUrl): Promise<Staging> {
  const parent = await realpath(dirname(url.path)).catch((cause: unknown) => {
    throw unreachable(target, cause)
  })
  const place = join(parent, basename(url.path))
  await refuseMounted(place, target.url)
  const state = await stateOf(place)
  if (state === 'occupied') throw occupied(target)
  const folder = await buildingPlace(place, (left) => rm(left, { recursive: true }))
  await mkdir(folder, { mode: 0o700 }).catch((cause: unknown) => {
    throw unreachable(target, cause)
  })
  return {
    folder,
    place,
    async promote(only) {
      if ((await stateOf(place)) !== state) throw occupied(target)
      const asFile = only !== undefined && !url.folder && state === 'absent'
      await sync(folder)
      await rename(asFile ? join(folder, only) : folder, place)
      if (asFile) await rmdir(folder)
      await sync(parent)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function stateOf(place: string): Promise<'absent' | 'empty' | 'occupied'> {
  const stats = await lstat(place).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  if (stats === undefined) return 'absent'
  return stats.isDirectory() && (await readdir(place)).length === 0 ? 'empty' : 'occupied'
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

function occupied({ url }: SourceSpec): RestituteError {
  return new RestituteError('target-not-empty', `target ${url}: expected nothing or an empty folder there`)
}

function unreachable({ url }: SourceSpec, cause: unknown): RestituteError {
  return new RestituteError('source-unreachable', `target ${url}: ${systemCode(cause) ?? 'failed'}`, {
    cause,
  })
}
