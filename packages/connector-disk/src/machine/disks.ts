import { type JsonObject, safeNames } from '@restitute/core'
import type { Image } from '../image/image.ts'
import { type Looked, lookAt, type Snapshot } from '../image/look.ts'
import type { DiskUrl } from '../url.ts'
import type { Member } from './machine.ts'

/** A disk of a machine under the name that the machine knows it by. */
export interface Disk {
  readonly name: string
  readonly image: Image
  readonly facts: JsonObject
  /** Why it is not delivered as whole, known before anybody looked. */
  readonly lost?: string
}

const notAsked =
  'an internal snapshot; the URL of the source says snapshots=all for their export, none for leaving them out'

const memoryLost =
  'the memory of the machine at an internal snapshot: its disk at that moment is delivered without it'

/** A snapshot, the image of the disk's chain in which it lies, and what tells it from the others of the disk. */
interface Placed extends Snapshot {
  readonly image: Image
  readonly label: string
}

/** The disks as members, each followed by the internal snapshots of its image and of the backing files. Throws what {@link lookAt} throws. */
export async function diskMembers(
  disks: readonly Disk[],
  snapshots: DiskUrl['snapshots'],
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const paths = safeNames(disks.map(({ name }) => Buffer.from(`${name}.raw`)))
  const members: Member[] = []
  for (const [i, disk] of disks.entries()) {
    const looked = await lookAt(disk.image, signal)
    const bagPath = `disks/${paths[i]}`
    const current = currentOf(disk, looked, bagPath)
    members.push(current)
    if (typeof looked === 'string' || snapshots === 'none') continue
    for (const one of looked.snapshots)
      members.push(...snapshotsOf(current, { ...one, image: disk.image, label: one.id }, snapshots))
    for (const [depth, { image, snapshots: found }] of looked.below.entries()) {
      for (const one of found)
        members.push(...snapshotsOf(current, { ...one, image, label: `${depth + 1}.${one.id}` }, snapshots))
    }
  }
  return members
}

function currentOf({ name, image, facts, lost }: Disk, looked: Looked | string, bagPath: string): Member {
  const reason = typeof looked === 'string' ? looked : lost
  const snapshots = typeof looked === 'string' ? [] : looked.snapshots
  return {
    id: `disk/${name}`,
    kind: 'disk',
    bagPath,
    content: { image },
    ...(typeof looked !== 'string' && { bytes: looked.size }),
    facts: {
      format: image.format,
      ...(image.files.length > 1 && { files: image.files.length }),
      ...(snapshots.length > 0 && { snapshots: snapshots.map((one) => ({ ...one })) }),
      ...facts,
    },
    ...(reason !== undefined && { lost: reason }),
  }
}

/** A snapshot; where it comes, what was saved with it and does not come is stated. */
function snapshotsOf(disk: Member, placed: Placed, wanted: DiskUrl['snapshots']): Member[] {
  const snapshot = snapshotOf(disk, placed, wanted)
  if (snapshot.lost !== undefined || placed.memory === undefined) return [snapshot]
  const { id, facts } = snapshot
  return [snapshot, { id: `${id}/memory`, kind: 'memory', bagPath: 'disks/lost', facts, lost: memoryLost }]
}

function snapshotOf(
  disk: Member,
  { id, name, taken, image, label }: Placed,
  wanted: DiskUrl['snapshots'],
): Member {
  const odd = /^\d{1,10}$/.test(id) ? undefined : 'a snapshot with an odd id'
  const lost = odd ?? (wanted === 'all' ? undefined : notAsked)
  return {
    id: `${disk.id}@${label}`,
    kind: 'snapshot',
    bagPath: disk.bagPath.replace(/\.raw$/, `@${odd === undefined ? label : 'odd'}.raw`),
    content: { image, snapshot: id },
    facts: { name, taken },
    ...(lost !== undefined && { lost }),
  }
}
