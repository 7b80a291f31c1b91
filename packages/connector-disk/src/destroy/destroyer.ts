import { lstat, open, realpath, rmdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  type Destroyer,
  type DestroyStep,
  RestituteError,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { loadMachine, unreachable } from '../machine/load.ts'
import { marksOf } from '../machine/marks.ts'
import { parseUrl } from '../url.ts'
import { deviceDestroyer, namesDevice } from './device.ts'
import {
  assertFolder,
  begin,
  type Doomed,
  type DoomedFile,
  doomedOf,
  end,
  isSame,
  listPath,
  refused,
  unfinished,
} from './doomed.ts'
import { discard, overwrite } from './erase.ts'
import { refuseLate } from './late.ts'
import { methodOf } from './method.ts'
import { storagesOf } from './storage.ts'

const nothing: Doomed = { fingerprint: '', files: [], folder: false, kept: 0 }

/**
 * Deletes the images of a machine from the leaf of each chain to its root, then its files, then its folder. A machine
 * that runs is refused, as is an image that others are based on, and what was written to since it was opened; backing files
 * that others use are kept. After an interruption the same call goes on with what is left, from the list that was written
 * before the first step.
 */
export async function diskDestroyer(source: SourceSpec, signal: AbortSignal): Promise<Destroyer> {
  throwIfInterrupted(signal)
  const path = await placeOf(source)
  if (namesDevice(path)) return deviceDestroyer(path, source, signal)
  const doomed = await doomedNow(path, source, signal)
  const mark = await marksOf(pathsOf(doomed))
  let begun = false
  const settle = async (stop: AbortSignal): Promise<void> => {
    const now = async (): Promise<string[]> => pathsOf(await doomedNow(path, source, stop))
    if (!begun) await refuseLate(path, mark, now)
    begun = true
  }
  return {
    fingerprint: doomed.fingerprint,
    method: methodOf(doomed, await storagesOf(doomed)),
    plan: (stop) => plan(path, doomed, stop),
    destroy: (stop) => destroy(path, doomed, settle, stop),
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * The path of what the URL points at, there or not, its folder's links followed. Throws `source-unreachable` when the
 * folder cannot be reached, `usage` for a link: what it leads to would be gone, and it would still be there.
 */
export async function placeOf({ url }: SourceSpec): Promise<string> {
  const { path } = parseUrl(url)
  const folder = await realpath(dirname(path)).catch((cause: unknown) => {
    throw unreachable(url, cause)
  })
  const place = join(folder, basename(path))
  const stats = await lstat(place).catch(() => undefined)
  if (stats?.isSymbolicLink() !== true) return place
  // The lasting names of devices are links: /dev/disk/by-id/…, /dev/mapper/…
  const real = await realpath(place).catch(() => place)
  if (namesDevice(real)) return real
  throw new RestituteError('usage', `source ${url}: a symbolic link`, { hint: 'name what it leads to' })
}

/** What is to go, as it stands. */
async function doomedNow(path: string, source: SourceSpec, signal: AbortSignal): Promise<Doomed> {
  return (await unfinished(path, source)) ?? (await whole(path, source, signal))
}

function pathsOf({ files }: Doomed): string[] {
  return files.map(({ path }) => path)
}

async function whole(path: string, source: SourceSpec, signal: AbortSignal): Promise<Doomed> {
  const stats = await lstat(path).catch(() => undefined)
  return stats === undefined ? nothing : doomedOf(await loadMachine(source, signal), source)
}

async function* plan(path: string, doomed: Doomed, signal: AbortSignal): AsyncIterable<DestroyStep> {
  let left = false
  for (const file of doomed.files) {
    throwIfInterrupted(signal)
    if (!(await isThere(file))) continue
    left = true
    if (doomed.how !== undefined) yield { action: doomed.how, object: file.path, count: file.bytes }
    yield { action: 'unlink', object: file.path, count: file.bytes }
  }
  if (doomed.folder && (await exists(path))) yield { action: 'remove folder', object: path }
  if (left && doomed.kept > 0) yield keptStep(path, doomed.kept)
}

function keptStep(path: string, count: number): DestroyStep {
  return { action: 'keep files that others use', object: path, kept: { reason: 'shared', count } }
}

/** `settle`: throws before anything is done where it is not to be. */
async function* destroy(
  path: string,
  doomed: Doomed,
  settle: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  throwIfInterrupted(signal)
  if (!(await exists(path)) && !(await exists(listPath(path)))) return
  try {
    await settle(signal)
    await begin(path, doomed)
    for await (const step of plan(path, doomed, signal)) {
      await carryOut(step, signal)
      yield step
    }
    await end(path)
    await sync(dirname(path))
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    throw refused(path, systemCode(cause) ?? 'failed', cause)
  }
}

async function carryOut({ action, object, kept }: DestroyStep, signal: AbortSignal): Promise<void> {
  if (kept !== undefined) return
  if (action === 'overwrite') return overwrite(object, signal)
  if (action === 'discard') return discard(object, signal)
  await (action === 'unlink' ? unlink(object) : rmdir(object))
  await sync(dirname(object))
}

/** Whether the file is still there; throws when another one is in its place. */
async function isThere(file: DoomedFile): Promise<boolean> {
  const { path, ino } = file
  const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  if (stats === undefined) {
    await assertFolder(file)
    return false
  }
  if (isSame(file, stats)) return true
  throw refused(path, `it was replaced: expected inode ${ino}, got ${stats.ino}`)
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false
      throw error
    },
  )
}

async function sync(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
