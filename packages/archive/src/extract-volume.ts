import { constants } from 'node:fs'
import { copyFile, link, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Destination, noFurtherName } from '@restitute/core'
import { applyAttributes, type NotKept } from './attributes.ts'
import { checkSignal } from './chunks.ts'
import { type DirectoryEntry, directoryEntry } from './directory-attributes.ts'
import { extracting, inFolder, makeFolders, type PlaceBelow, writeFileEntry } from './extract-files.ts'
import type { VolumeTask } from './extract-workers.ts'
import { pathMatcher } from './glob.ts'
import { readVolumeInGroups } from './read-volume.ts'
import type { VolumeEntry } from './types.ts'

/** What came out of one volume, or of several. */
export interface VolumeExtracted {
  /** Names: a hard link is one more. */
  readonly files: number
  readonly folders: number
  /** Sizes of the files, holes included, links not. */
  readonly bytes: number
  /** What this system would not take of the entries' attributes. */
  readonly notKept: readonly NotKept[]
}

/** How the extraction of one volume is watched. */
export interface ExtractWatch {
  readonly signal: AbortSignal
  /** Is told of directories, whose attributes come last of all. */
  readonly onDirectories: (directories: readonly DirectoryEntry[]) => Promise<void>
  /** Plaintext bytes since the last call, holes included. */
  readonly onProgress: (plaintextBytes: number) => void
}

interface Run extends VolumeTask, ExtractWatch {
  readonly destination: Destination
  readonly wanted: (path: string) => boolean
  readonly totals: { files: number; folders: number; bytes: number }
  readonly notKept: Set<NotKept>
}

/** Links that are wanted, by the path of their file, which is not. */
type Orphans = Map<string, VolumeEntry[]>

/**
 * Writes the wanted entries of a volume, whose ciphertext was just found to be as recorded, below a folder. A hard link
 * is made to its file, which this volume has brought before; it is a copy where the file system has no such links. When only the link is wanted, the volume is read once more
 * and the file written under the link's name.
 */
export async function extractVolume(
  destination: Destination,
  task: VolumeTask,
  watch: ExtractWatch,
): Promise<VolumeExtracted> {
  const wanted = task.glob === undefined ? () => true : pathMatcher(task.glob)
  const results = { totals: { files: 0, folders: 0, bytes: 0 }, notKept: new Set<NotKept>() }
  const run: Run = { ...task, ...watch, ...results, destination, wanted }
  await extracting(task.record.name, () => mkdir(task.folder, { mode: 0o700 }))
  const orphans: Orphans = new Map()
  for await (const entries of entriesOf(run)) {
    for (const entry of entries) if (wanted(entry.path)) await extractEntry(run, entry, orphans)
  }
  if (orphans.size > 0) await extractOrphans(run, orphans)
  return { ...run.totals, notKept: [...run.notKept] }
}

/** In groups, see {@link readVolumeInGroups}. */
async function* entriesOf(o: Run): AsyncIterable<Iterable<VolumeEntry>> {
  const { destination, record, sessionKey, signal } = o
  const volume = { destination, record, opener: { sessionKey }, hashed: true, signal }
  for await (const entries of readVolumeInGroups(volume)) {
    checkSignal(signal)
    yield entries
  }
}

async function extractEntry(o: Run, entry: VolumeEntry, orphans: Orphans): Promise<void> {
  if (entry.type === 'directory') {
    await extracting(entry.source, () => makeFolders(place(o, entry)))
    await o.onDirectories([directoryEntry(entry)])
    o.totals.folders++
  } else if (entry.link === undefined) await extractFile(o, entry, entry)
  else if (o.wanted(entry.link)) await extractLink(o, { ...entry, path: entry.link }, entry)
  else orphans.set(entry.link, [...(orphans.get(entry.link) ?? []), entry])
}

async function extractOrphans(o: Run, orphans: Orphans): Promise<void> {
  for await (const entries of entriesOf(o)) {
    for (const entry of entries) {
      const [first, ...others] = (entry.type === 'file' && orphans.get(entry.path)) || []
      if (!first) continue
      await extractFile(o, entry, first)
      for (const other of others) await extractLink(o, first, other)
    }
  }
}

async function extractFile(o: Run, entry: VolumeEntry, at: VolumeEntry): Promise<void> {
  const { totals, notKept, onProgress } = o
  for (const what of await writeFileEntry(entry, place(o, at), onProgress)) notKept.add(what)
  totals.files++
  totals.bytes += entry.size
}

/** The system follows no symbolic link here, and replaces nothing. */
async function extractLink(o: Run, file: VolumeEntry, at: VolumeEntry): Promise<void> {
  const [from, target] = [place(o, file), place(o, at)]
  await extracting(at.source, () => inFolder(target, (path) => linkOrCopy(from.path, path, at)))
  o.totals.files++
}

/** A file of its own where the file system gives this one no further name. */
async function linkOrCopy(from: string, to: string, at: VolumeEntry): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (!noFurtherName(error)) throw error
    await copyFile(from, to, constants.COPYFILE_EXCL)
    applyAttributes(to, at)
  }
}

function place({ folder }: Run, { source, path }: VolumeEntry): PlaceBelow {
  return { root: folder, path: join(folder, source, path) }
}
