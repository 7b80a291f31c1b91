import type { Dirent } from 'node:fs'
import { lstat, open, readdir, realpath, rmdir, unlink } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import {
  asRestituteError,
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  type Prober,
  RestituteError,
  refuseMounts,
  type Sighting,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { folderFingerprint } from './fingerprints.ts'
import { holdFolder } from './held-folder.ts'

/** How Restitute destroys what it made itself; never called more than it is (R37). */
export const unlinking: DestructionMethod = {
  category: 'none',
  technique: 'unlink',
  limits: [
    'unlinking a file does not overwrite its blocks: they stay on the medium until the file system reuses them',
    'snapshots, backups and replicas of the storage below are not reached',
  ],
}

const mounted =
  'a file system is mounted there: what lay in it is gone; unmount it, remove the folder that it was mounted on, then run the same destruction again'

const takenOut =
  'what is left of it may be on a disk that was taken out: mount it again, then run the same destruction again'

const noDisposal = async (): Promise<void> => {}

/**
 * Destroys a folder of Restitute's own and all that is below it: files first, folders from the leaves up, symbolic
 * links never followed but one in the place of the folder itself, which goes last. What is already gone is no error. Throws
 * `destroy-failed`, at once where something is mounted inside.
 */
export async function folderDestroyer(dir: string): Promise<Destroyer> {
  await refuseMounts(Buffer.from(await realpath(dir).catch(() => dir)))
  return {
    fingerprint: (await folderFingerprint(dir)) ?? '',
    method: unlinking,
    plan: (signal) => planBelow(dir, signal),
    destroy: (signal) => destroyBelow(dir, signal),
    [Symbol.asyncDispose]: noDisposal,
  }
}

/** Looks whether a folder is there, from the account of the calling process. */
export function folderProber(dir: string): Prober {
  return { look: () => lookAtFolder(dir), [Symbol.asyncDispose]: noDisposal }
}

/** The system account of this process, as a probe states it. */
export function account(): string {
  return process.getuid ? `uid ${process.getuid()}` : 'the account of this process'
}

async function lookAtFolder(dir: string): Promise<Sighting> {
  const report = { identity: account(), looked: [`stat ${dir}`], limits: unlinking.limits }
  try {
    const fingerprint = await folderFingerprint(dir)
    if (fingerprint !== undefined) return { ...report, state: 'present', fingerprint }
    // Without the folder that holds it, or the disk to which a link in its place leads, nothing is known to be absent.
    const isKnown = !(await isLinked(dir)) && (await directoryDestination(dir).parentIsThere())
    return { ...report, state: isKnown ? 'absent' : 'could-not-check' }
  } catch {
    return { ...report, state: 'could-not-check' }
  }
}

async function isLinked(dir: string): Promise<boolean> {
  return (await lstat(dir).catch(ifThere))?.isSymbolicLink() === true
}

/** A step with the path that it removes, as bytes: in a restored tree lie names that are no UTF-8. */
interface Removal {
  readonly step: DestroyStep
  readonly path: Buffer
}

/** Steps of the destruction, leaves first, counting bytes; nothing when the folder is gone. Before the folder itself goes, `last` may object. */
async function* below(
  dir: Buffer,
  signal: AbortSignal,
  last = async (): Promise<void> => {},
): AsyncIterable<Removal> {
  for (const entry of await entriesOf(dir)) {
    throwIfInterrupted(signal)
    const path = Buffer.concat([dir, Buffer.from(sep), entry.name])
    if (entry.isDirectory()) yield* below(path, signal)
    else yield { path, step: { action: 'unlink', object: path.toString(), count: await sizeOf(path) } }
  }
  await last()
  if (await isThere(dir)) yield { path: dir, step: { action: 'remove folder', object: dir.toString() } }
}

/** The same of a folder that may lie elsewhere, on a larger disk, with a link to it in its place. */
async function* behindLink(dir: string, signal: AbortSignal): AsyncIterable<Removal> {
  const isLink = await isLinked(dir)
  const real = isLink ? await realpath(dir).catch(ifThere) : dir
  if (real !== undefined) yield* belowHeld(real, signal)
  if (isLink) yield { path: Buffer.from(dir), step: { action: 'unlink', object: dir, count: 0 } }
}

/** Its disk may be taken out meanwhile: what is on it would look removed. */
async function* belowHeld(dir: string, signal: AbortSignal): AsyncIterable<Removal> {
  await using held = await holdFolder(dir)
  if (held === undefined) return
  yield* below(Buffer.from(dir), signal, async () => {
    if (await held.isThere()) return
    throw new RestituteError('destroy-failed', 'it is not there any more', { hint: takenOut })
  })
}

function ifThere(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}

async function* planBelow(dir: string, signal: AbortSignal): AsyncIterable<DestroyStep> {
  for await (const { step } of behindLink(dir, signal)) yield step
}

/** Of a file that vanishes meanwhile, as a database's journals do: 0. */
async function sizeOf(path: Buffer): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0
    throw error
  }
}

async function* destroyBelow(dir: string, signal: AbortSignal): AsyncIterable<DestroyStep> {
  try {
    for await (const { step, path } of behindLink(dir, signal)) {
      await ignoringAbsence(step.action === 'unlink' ? unlink(path) : rmdir(path))
      yield step
    }
    await syncFolder(dirname(dir))
  } catch (error) {
    if (signal.aborted) throw asRestituteError(error)
    const { message, hint: known } = asRestituteError(error)
    const hint = systemCode(error) === 'EBUSY' ? mounted : known
    throw new RestituteError('destroy-failed', `destroy folder ${dir}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

/** What is recorded as done must not come back after a power cut. */
async function syncFolder(dir: string): Promise<void> {
  await using folder = await open(dir, 'r')
  await folder.sync()
}

async function entriesOf(dir: Buffer): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(dir, { withFileTypes: true, encoding: 'buffer' })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

async function isThere(dir: Buffer): Promise<boolean> {
  try {
    await lstat(dir)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}

async function ignoringAbsence(removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
