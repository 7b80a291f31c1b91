import { link, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { VolumeRecord } from '@restitute/manifest'
import type { Opener } from '@restitute/seal'
import type { NotKept } from './attributes.ts'
import { checkSignal } from './chunks.ts'
import type { DirectoryAttributes } from './directory-attributes.ts'
import { extracting, inFolder, writeFileEntry } from './extract-files.ts'
import type { Package } from './open-package.ts'
import { readVolume } from './read-volume.ts'
import type { VolumeEntry } from './types.ts'

/** What extraction has come to so far. */
export interface Totals {
  files: number
  bytes: number
  readonly notKept: Set<NotKept>
}

/** Where the entries of one volume go, and which of them. */
export interface VolumeExtraction {
  readonly package: Package
  readonly opener: Opener
  readonly record: VolumeRecord
  /** A new folder that nobody else may enter. */
  readonly folder: string
  readonly wanted: (path: string) => boolean
  readonly attributes: DirectoryAttributes
  readonly totals: Totals
  readonly onProgress: (plaintextBytes: number) => void
  readonly signal: AbortSignal
}

/** Links that are wanted, by the path of their file, which is not. */
type Orphans = Map<string, VolumeEntry[]>

/**
 * Writes the wanted entries of a volume below a folder. A hard link is made to its file, which this volume has brought
 * before. When only the link is wanted, the volume is read once more and the file written under the link's name.
 */
export async function extractVolume(o: VolumeExtraction): Promise<void> {
  await extracting(o.record.name, () => mkdir(o.folder, { mode: 0o700 }))
  const orphans: Orphans = new Map()
  for await (const entry of entriesOf(o)) {
    if (o.wanted(entry.path)) await extractEntry(o, entry, orphans)
  }
  if (orphans.size > 0) await extractOrphans(o, orphans)
}

async function* entriesOf(o: VolumeExtraction): AsyncIterable<VolumeEntry> {
  const { record, opener, signal } = o
  const { destination } = o.package
  for await (const entry of readVolume({ destination, record, opener, signal })) {
    checkSignal(signal)
    yield entry
  }
}

async function extractEntry(o: VolumeExtraction, entry: VolumeEntry, orphans: Orphans): Promise<void> {
  if (entry.type === 'directory') {
    await extracting(entry.source, () => mkdir(place(o, entry), { recursive: true, mode: 0o700 }))
    await o.attributes.add(entry)
  } else if (entry.link === undefined) await extractFile(o, entry, entry)
  else if (o.wanted(entry.link)) await extractLink(o, { ...entry, path: entry.link }, entry)
  else orphans.set(entry.link, [...(orphans.get(entry.link) ?? []), entry])
}

async function extractOrphans(o: VolumeExtraction, orphans: Orphans): Promise<void> {
  for await (const entry of entriesOf(o)) {
    const [first, ...others] = (entry.type === 'file' && orphans.get(entry.path)) || []
    if (!first) continue
    await extractFile(o, entry, first)
    for (const other of others) await extractLink(o, first, other)
  }
}

async function extractFile(o: VolumeExtraction, entry: VolumeEntry, at: VolumeEntry): Promise<void> {
  const { totals, onProgress } = o
  const notKept = await writeFileEntry(entry, place(o, at), onProgress)
  for (const what of notKept) totals.notKept.add(what)
  totals.files++
  totals.bytes += entry.size
}

/** The system follows no symbolic link here, and replaces nothing. */
async function extractLink(o: VolumeExtraction, file: VolumeEntry, at: VolumeEntry): Promise<void> {
  const target = place(o, at)
  await extracting(at.source, () => inFolder(dirname(target), () => link(place(o, file), target)))
  o.totals.files++
}

function place({ folder }: VolumeExtraction, { source, path }: VolumeEntry): string {
  return join(folder, source, path)
}
