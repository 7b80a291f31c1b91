import type { Package } from '@restitute/archive'
import { type Destination, formatBytes, RestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { packageFiles } from '../package-files.ts'

/** A disk, or any other place that is one of several that take a delivery together. */
export interface Medium {
  readonly serial: string
  /** The medium itself; packages become folders of it. */
  readonly root: Destination
  /** The folder of a package there. */
  readonly folderOf: (packageName: string) => Promise<Destination>
}

/** What goes on one medium. */
export interface MediumPlan {
  readonly medium: Medium
  /** By the name of its package: every file, volumes and indexes among them as far as they go here. */
  readonly files: ReadonlyMap<string, readonly FileRecord[]>
  readonly bytes: number
  /** Bytes for which there is room, what lies there already of these files counted in; absent where nobody knows. */
  readonly room?: number
}

/** What a file takes beyond its bytes: whole blocks, its name, the temporary one beside it. */
const fileOverhead = 16 * 1024
/** What a file system keeps for itself. */
const reserve = 512 * 1024

interface Filling {
  readonly medium: Medium
  readonly files: Map<string, FileRecord[]>
  readonly there: ReadonlyMap<string, number>
  bytes: number
  taken: number
  room: number | undefined
}

/**
 * Spreads packages over media: each medium gets the manifest, keys and instructions of every package; each volume and
 * index goes on one medium, whole, where it lies already or else on the first that has room, in the order of the media.
 * Nothing is written. Throws `destination-full` when they do not all fit, `target-not-empty` when a medium is another one
 * by the list that lies on it.
 */
export async function planMedia(
  packages: readonly Package[],
  media: readonly Medium[],
): Promise<readonly MediumPlan[]> {
  // One after the other: of two that were swapped, the first is named.
  const fillings = await Array.fromAsync(media, (medium) => emptyFilling(medium, packages))
  const spread: { readonly name: string; readonly file: FileRecord }[] = []
  for (const found of packages) {
    const { package: name } = found.manifest
    for (const file of await packageFiles(found)) {
      if (isSpread(file)) spread.push({ name, file })
      else for (const filling of fillings) put(filling, name, file)
    }
  }
  const [lying, others] = [spread.filter(isThere(fillings)), spread.filter((one) => !isThere(fillings)(one))]
  for (const { name, file } of lying) put(whereItLies(fillings, name, file) ?? nowhere(), name, file)
  const left = others.filter(({ name, file }) => !putWhereItFits(fillings, name, file))
  const small = fillings.find((filling) => !fits(filling, 0))
  if (small) throw tooSmall(small)
  if (left.length > 0)
    throw tooFew(
      fillings,
      left.map(({ file }) => file),
    )
  return fillings.map(({ medium, files, bytes, room }) => ({
    ...{ medium, files, bytes },
    ...(room !== undefined && { room }),
  }))
}

/** Name of a medium's own list, by which it is known again. */
export function mediumList({ serial }: Medium): string {
  return `${serial}.sha256`
}

async function refuseOther(medium: Medium): Promise<void> {
  for await (const { name } of medium.root.list({ shallow: true })) {
    if (name === mediumList(medium) || !/^[^/]+\.sha256$/.test(name)) continue
    throw new RestituteError(
      'target-not-empty',
      `medium: expected ${medium.serial}, got the one that holds ${name}`,
      { hint: 'take the medium that belongs there, or give each --medium in the order of its --to' },
    )
  }
}

/** Volumes and indexes: what makes a package large. */
function isSpread({ name }: FileRecord): boolean {
  return /^(volumes|index)\//.test(name)
}

async function emptyFilling(medium: Medium, packages: readonly Package[]): Promise<Filling> {
  await refuseOther(medium)
  const there = new Map<string, number>()
  for (const { manifest } of packages) {
    const folder = await medium.folderOf(manifest.package)
    for await (const { name, bytes } of folder.list()) there.set(`${manifest.package}/${name}`, bytes)
  }
  const free = await medium.root.freeBytes()
  const lying = [...there.values()].reduce((sum, bytes) => sum + bytes + fileOverhead, 0)
  const room = free === undefined ? undefined : free + lying - reserve
  return { medium, there, room, files: new Map(), bytes: 0, taken: 0 }
}

function put(filling: Filling, name: string, file: FileRecord): void {
  filling.files.set(name, [...(filling.files.get(name) ?? []), file])
  filling.bytes += file.bytes
  filling.taken += file.bytes + fileOverhead
}

function fits({ taken, room }: Filling, bytes: number): boolean {
  return room === undefined || taken + bytes <= room
}

function putWhereItFits(fillings: readonly Filling[], name: string, file: FileRecord): boolean {
  const found = fillings.find((filling) => fits(filling, file.bytes + fileOverhead))
  if (found) put(found, name, file)
  return found !== undefined
}

function isThere(fillings: readonly Filling[]) {
  return ({ name, file }: { name: string; file: FileRecord }): boolean =>
    whereItLies(fillings, name, file) !== undefined
}

function whereItLies(fillings: readonly Filling[], name: string, file: FileRecord): Filling | undefined {
  return fillings.find(({ there }) => there.get(`${name}/${file.name}`) === file.bytes)
}

function nowhere(): never {
  throw new RestituteError('internal', 'media: a file lies on none of them')
}

const larger = 'add a medium with a further --to and --medium, or take larger ones; no volume is split'

function tooSmall({ medium: { serial }, taken, room = 0 }: Filling): RestituteError {
  return new RestituteError(
    'destination-full',
    `medium ${serial}: expected ${formatBytes(taken)} for the manifest and what belongs to it, got room for ${formatBytes(Math.max(0, room))}`,
    { hint: larger, details: { bytes: taken } },
  )
}

function tooFew(fillings: readonly Filling[], left: readonly FileRecord[]): RestituteError {
  const bytes = left.reduce((sum, file) => sum + file.bytes, 0)
  const rooms = fillings.map(({ medium, taken, room = 0 }) => `${medium.serial} ${formatBytes(room - taken)}`)
  return new RestituteError(
    'destination-full',
    `media: no room for ${left.length} of the volumes and indexes, ${formatBytes(bytes)}; the rest filled, there is left: ${rooms.join(', ')}`,
    { hint: larger, details: { bytes } },
  )
}
