import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildingPlace, eachLimited, holdFileSystem, RestituteError, systemCode } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { type PrivateKey, readSessionKey } from '@restitute/seal'
import type { NotKept } from './attributes.ts'
import { checkSignal } from './chunks.ts'
import { DirectoryAttributes, type DirectoryEntry } from './directory-attributes.ts'
import { extracting, promote } from './extract-files.ts'
import type { VolumeExtracted } from './extract-volume.ts'
import { type ExtractWorkers, extractHere, type VolumeTask } from './extract-workers.ts'
import { pathMatcher } from './glob.ts'
import type { Package } from './open-package.ts'
import { syncFolder, unfinishedPrefix } from './pending-file.ts'
import { readIndex } from './read-index.ts'

/** What to take out of a package, and where it goes. */
export interface Extraction {
  readonly package: Package
  readonly opener: { readonly privateKeys: readonly PrivateKey[] }
  /** A folder that is absent or empty. */
  readonly to: string
  /** Names of sources; all without it. */
  readonly sources?: readonly string[] | undefined
  /** Which paths of a bag are wanted, as in the index (`data/…`): see `pathMatcher`; all without it. */
  readonly glob?: string | undefined
  /** Who decrypts and writes; without, the thread of the caller. */
  readonly workers?: ExtractWorkers | undefined
  readonly signal: AbortSignal
  /** Plaintext bytes since the last call, holes included. */
  readonly onProgress?: ((plaintextBytes: number) => void) | undefined
}

/**
 * Extracts the bags of a package to `<to>/<source>/…`: files with their holes, links, modes, times to the nanosecond
 * and, for root, owners; directories' attributes last. Extended attributes and ACLs are left to a restoration. Each
 * volume is written below a temporary folder and joined with the others only when it was wholly read and agrees with the
 * manifest; the bags appear when all is there, on stable storage. Nothing is ever written outside `to`, and no file is written twice. Does
 * not judge who signed: verify first. After an error nothing is left, after a kill nothing but the temporary folder, which the next extraction to
 * there removes: half an extraction might be taken for the whole.
 *
 * Throws `target-not-empty`, `usage` for an unknown source, `not-found` when no file and no folder is called that, all
 * of `readVolume`, `hostile-input` for a name in two volumes, `restore-failed` when the folder cannot be written,
 * `interrupted`.
 */
export async function extractPackage(o: Extraction): Promise<VolumeExtracted> {
  const to = resolve(o.to)
  const volumes = await wantedVolumes(o)
  const made = await makeEmptyFolder(to)
  const work = await buildingPlace(join(to, unfinished), (left) => rm(left, { recursive: true }))
  await expectNothingLeft(to)
  try {
    const extracted = await extractVolumes(o, volumes, { to, work })
    await rm(work, { recursive: true, force: true })
    return extracted
  } catch (error) {
    await empty(to, made)
    throw error
  }
}

/**
 * Several volumes at once, each into a folder of its own; they are joined one after the other, still out of sight: who is
 * killed in the middle must not leave half of the bags where the whole would be.
 */
async function extractVolumes(
  o: Extraction,
  volumes: readonly VolumeRecord[],
  { to, work }: { readonly to: string; readonly work: string },
): Promise<VolumeExtracted> {
  const { workers = extractHere(o.package.destination) } = o
  const whole = join(work, 'whole')
  for (const folder of [work, whole]) await extracting(to, () => mkdir(folder, { mode: 0o700 }))
  await using fileSystem = await extracting(to, () => holdFileSystem(whole))
  await using attributes = await DirectoryAttributes.open(whole, join(work, 'directories'))
  const totals = { files: 0, folders: 0, bytes: 0 }
  const notKept = new Set<NotKept>()
  let promoted: Promise<void> = Promise.resolve()
  const one = async ([number, record]: [number, VolumeRecord], signal: AbortSignal): Promise<void> => {
    const folder = join(work, `volume-${number}`)
    const done = await extractOne({ ...o, signal }, workers, { record, folder }, attributes)
    promoted = promoted.then(() => extracting(record.name, () => promote(folder, whole)))
    await promoted
    totals.files += done.files
    totals.folders += done.folders
    totals.bytes += done.bytes
    for (const what of done.notKept) notKept.add(what)
  }
  await eachLimited(workers.atOnce, volumes.entries(), one, o.signal)
  if (totals.files + totals.folders === 0) throw nothingFound(o)
  await attributes.apply(o.signal, (what) => notKept.add(what))
  await extracting(to, async () => {
    fileSystem.flush()
    await promote(whole, to)
    await syncFolder(to)
  })
  return { ...totals, notKept: [...notKept].sort() }
}

function nothingFound({ package: { manifest } }: Extraction): RestituteError {
  return new RestituteError('not-found', `package ${manifest.package}: nothing in it is called that`, {
    hint: 'a path is that in the bag, from data/ on, for instance "data/2024/**" or "data/tables/**"; restitute list shows items by the names that they had at the source',
  })
}

async function extractOne(
  o: Extraction,
  workers: ExtractWorkers,
  place: Pick<VolumeTask, 'record' | 'folder'>,
  attributes: DirectoryAttributes,
): Promise<VolumeExtracted> {
  const { package: opened, opener, glob, signal, onProgress = () => {} } = o
  checkSignal(signal)
  await workers.hash(place.record, signal)
  const start = opened.destination.read(place.record.name, { signal })
  const sessionKey = await readSessionKey(start, opener.privateKeys)
  const onDirectories = (directories: readonly DirectoryEntry[]): Promise<void> => attributes.add(directories)
  return workers.extract({ ...place, sessionKey, glob }, { signal, onProgress, onDirectories })
}

/** Removes what an extraction has put into a folder that was empty, or was made for it; nothing where that is gone by now. */
async function empty(to: string, made: boolean): Promise<void> {
  for (const name of await readdir(to).catch(() => []))
    await rm(join(to, name), { recursive: true, force: true })
  if (made) await rm(to, { recursive: true, force: true })
}

/** What an extraction is built in begins with this. */
const unfinished = `${unfinishedPrefix}bags`

/** Absent: made (0700), and true. What an extraction that was killed left may be there, and nothing else. */
async function makeEmptyFolder(to: string): Promise<boolean> {
  const first = await extracting(to, () => makeFolder(to))
  const found = await extracting(to, () => readdir(to))
  if (found.every((name) => name.startsWith(`${unfinished}.`))) return first !== undefined
  throw new RestituteError(
    'target-not-empty',
    `${to}: expected an empty folder, got ${found.length} names in it`,
  )
}

/** What stands in its way there says nothing about the package. */
async function makeFolder(to: string): Promise<string | undefined> {
  try {
    return await mkdir(to, { recursive: true, mode: 0o700 })
  } catch (cause) {
    if (!['EEXIST', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw cause
    throw new RestituteError('target-not-empty', `${to}: expected an empty or new folder, got a file there`, {
      cause,
    })
  }
}

/** What another extraction is at, or one that was killed where its end cannot be seen from here. */
async function expectNothingLeft(to: string): Promise<void> {
  const [left] = await extracting(to, () => readdir(to))
  if (left === undefined) return
  throw new RestituteError('target-not-empty', `${to}: another extraction is at work there, or was killed`, {
    hint: `name another folder; where none is at work, remove ${join(to, left)}, which is in clear`,
  })
}

/** Only those that hold something wanted, as far as the indexes say. */
async function wantedVolumes(o: Extraction): Promise<VolumeRecord[]> {
  const { manifest } = o.package
  const known = new Set(manifest.sources.map((source) => source.name))
  const unknown = o.sources?.find((source) => !known.has(source))
  if (unknown !== undefined)
    throw new RestituteError('usage', `source ${unknown}: not in package ${manifest.package}`)
  const volumes = manifest.volumes.filter((v) => o.sources?.includes(v.source) ?? true)
  if (o.glob === undefined) return volumes
  const names = await volumesWith(o, pathMatcher(o.glob))
  const indexed = new Set(manifest.indexes.map((index) => index.source))
  return volumes.filter((v) => names.has(v.name) || !indexed.has(v.source))
}

async function volumesWith(o: Extraction, wanted: (path: string) => boolean): Promise<Set<string>> {
  const { destination, manifest } = o.package
  const names = new Set<string>()
  for (const record of manifest.indexes) {
    if (o.sources && !o.sources.includes(record.source)) continue
    for await (const line of readIndex({ destination, record, opener: o.opener, signal: o.signal })) {
      if ('entry' in line && wanted(line.entry)) names.add(line.volume)
    }
  }
  return names
}
