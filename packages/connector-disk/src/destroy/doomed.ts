import { type BigIntStats, constants } from 'node:fs'
import { lstat, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { RestituteError, type SourceSpec, systemCode } from '@restitute/core'
import { realFolder } from '../image/places.ts'
import type { Machine } from '../machine/machine.ts'
import { parseUrl } from '../url.ts'
import { sharedFiles } from './shared.ts'

/** A file that is to go, and which one it was when that was decided. */
export interface DoomedFile {
  readonly path: string
  /** Where it lies now: the number is another one once its file system was mounted again. */
  readonly dev: string
  readonly ino: string
  /** Nanoseconds; 0 on file systems that do not tell, absent in lists of earlier versions: then `dev` counts. */
  readonly born?: string
  readonly bytes: number
  /** The folder in which it lies, unless that is to go, too; absent in lists of earlier versions. */
  readonly lies?: Pick<DoomedFile, 'dev' | 'ino' | 'born'>
}

/** Everything of a machine that is to go, in its order. */
export interface Doomed {
  readonly fingerprint: string
  readonly files: readonly DoomedFile[]
  /** Whether the machine is a folder, which goes last. */
  readonly folder: boolean
  /** How many backing files stay because other machines use them. */
  readonly kept: number
  /** What is done to the blocks of each file before its name is removed. */
  readonly how?: 'overwrite' | 'discard'
}

/**
 * Name of the file that a destruction writes beside the machine before it begins and removes when it is done: once
 * the first image of a chain is gone, nothing else tells what belonged to it.
 */
export function listPath(path: string): string {
  return `${path}.restitute-destroying`
}

/**
 * What of a machine is to go: its images from the leaf to the root of each chain, then its files. Backing files that
 * others use stay. Throws `destroy-failed` where that cannot be done cleanly.
 */
export async function doomedOf(machine: Machine, source: SourceSpec): Promise<Doomed> {
  const folder = (await lstat(machine.path)).isDirectory()
  const shared = await sharedFiles(machine, source)
  const wanted = folder ? [...shared].find((file) => dirname(file) === machine.path) : machine.path
  if (wanted !== undefined && shared.has(wanted)) throw basedOn(wanted)
  const images = machine.members.flatMap(({ content }) => content?.image.files ?? [])
  const others = folder ? await leaves(machine.path) : []
  const all = [...new Set([...images, ...others])]
  const own = all.filter((file) => !shared.has(file))
  const files: DoomedFile[] = []
  for (const path of own) files.push({ ...(await doomedFile(path)), ...(await folderOf(path, machine.path)) })
  const { destroy: how } = parseUrl(source.url)
  const kept = all.length - own.length
  return { fingerprint: machine.fingerprint, files, folder, kept, ...(how && { how }) }
}

async function leaves(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  if (entries.some((entry) => entry.isDirectory())) throw refused(folder, 'there is a folder in it')
  return entries.map(({ name }) => join(folder, name))
}

async function doomedFile(path: string): Promise<DoomedFile> {
  const stats = await lstat(path, { bigint: true })
  if (stats.isBlockDevice())
    throw refused(path, 'a block device is a source of its own: disk:/dev/…?destroy=overwrite')
  if (stats.nlink !== 1n) throw refused(path, `expected one name, got ${stats.nlink} hard links`)
  return { path, ...identityOf(stats), bytes: Number(stats.size) }
}

async function folderOf(path: string, machine: string): Promise<Pick<DoomedFile, 'lies'>> {
  const folder = dirname(path)
  return folder === machine ? {} : { lies: identityOf(await stat(folder, { bigint: true })) }
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): Pick<DoomedFile, 'dev' | 'ino' | 'born'> {
  return { dev: String(dev), ino: String(ino), born: String(birthtimeNs) }
}

/** Throws where the folder of a file that is gone is not the one in which it lay: the file may be on a disk that is not mounted. */
export async function assertFolder({ path, lies }: DoomedFile): Promise<void> {
  if (lies === undefined) return
  const stats = await stat(dirname(path), { bigint: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
  if (stats !== undefined && isSame(lies, stats)) return
  throw new RestituteError('destroy-failed', `destroy ${path}: the folder in which it lay is not there`, {
    hint: 'the file may be on a disk that is not mounted: mount it again, then run the same destruction again',
  })
}

/** Whether these are the stats of the file that was to go, and of no other that came in its place. */
export function isSame(
  { born = '0', ...file }: Pick<DoomedFile, 'dev' | 'ino' | 'born'>,
  stats: BigIntStats,
): boolean {
  const { dev, ino, birthtimeNs } = stats
  return file.ino === String(ino) && (born === '0' ? file.dev === String(dev) : born === String(birthtimeNs))
}

/** A file of an earlier destruction, where it lies now. */
async function foundAgain(file: DoomedFile): Promise<DoomedFile> {
  const stats = await lstat(file.path, { bigint: true }).catch(() => undefined)
  return stats && isSame(file, stats) ? { ...file, dev: String(stats.dev) } : file
}

/**
 * What an earlier destruction has begun with, if it did not end. Whoever may write to the machine's folder could have
 * put the list there: a file outside the folders that the URL declares is refused.
 */
export async function unfinished(path: string, { url }: SourceSpec): Promise<Doomed | undefined> {
  const text = await readFile(listPath(path), { encoding: 'utf8', flag: noLink }).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw refused(listPath(path), systemCode(error) ?? 'it cannot be read', error)
  })
  if (text === undefined) return undefined
  const { folders, tpm } = parseUrl(url)
  const declared = [
    dirname(path),
    ...(await Promise.all([...folders, ...(tpm ? [tpm] : [])].map(realFolder))),
  ]
  const doomed = doomedIn(text)
  const own = doomed?.files.every((file) => isFileIn(file, declared))
  if (doomed === undefined || own !== true)
    throw refused(listPath(path), 'it names files that are not the machine’s')
  return { ...doomed, files: await Promise.all(doomed.files.map(foundAgain)) }
}

const noLink = constants.O_RDONLY | constants.O_NOFOLLOW

function doomedIn(text: string): Doomed | undefined {
  try {
    const doomed = JSON.parse(text) as Doomed
    return Array.isArray(doomed.files) && typeof doomed.fingerprint === 'string' ? doomed : undefined
  } catch {
    return undefined
  }
}

function isFileIn(file: Partial<DoomedFile>, folders: readonly string[]): boolean {
  const { path } = file
  return (
    typeof path === 'string' &&
    path === normalize(path) &&
    folders.some((folder) => path.startsWith(`${folder}/`))
  )
}

/** Writes down what is to go, whole or not at all, on stable storage. */
export async function begin(path: string, doomed: Doomed): Promise<void> {
  const fresh = `${listPath(path)}.new`
  {
    await using handle = await open(fresh, newFile, 0o600)
    await handle.writeFile(JSON.stringify(doomed))
    await handle.sync()
  }
  await rename(fresh, listPath(path))
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW

/** Nothing is left. */
export async function end(path: string): Promise<void> {
  await rm(listPath(path), { force: true })
}

/** As `destroy-failed`. */
export function refused(path: string, reason: string, cause?: unknown): RestituteError {
  return new RestituteError('destroy-failed', `destroy ${path}: ${reason}`, { cause })
}

function basedOn(path: string): RestituteError {
  return new RestituteError('destroy-failed', `destroy ${path}: other images are based on it`, {
    hint: 'they would be lost with it: give each a base of its own (`qemu-img rebase`, `virsh blockpull`), then run the same destruction again',
  })
}
