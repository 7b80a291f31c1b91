import type { JsonObject } from '@restitute/core'
import type { Content } from '../content/open.ts'
import type { Checksum } from '../description/checksums.ts'

/** What is delivered as one item: a disk, a disk at a snapshot, a file of the machine, what is said of the machine. */
export interface Member {
  readonly id: string
  readonly kind: string
  /** Path below `data/`, safe. */
  readonly bagPath: string
  readonly content?: Content
  readonly facts: JsonObject
  /** Known before the content is read. */
  readonly bytes?: number
  /** Of the facts, for a member without content. */
  readonly digest?: string
  /** What its file must have, by the manifest of an OVF. */
  readonly checksum?: Checksum
  /** Why it cannot be delivered; without a name, since reasons stand in the manifest. */
  readonly lost?: string
}

/** Id of the member that says what the machine is beside its disks. */
export const machineId = 'machine'

/** All disks of a machine and what belongs to it, at one moment. Serialisable. */
export interface Machine {
  /** Real path of the image, folder or description that the URL points at. */
  readonly path: string
  readonly fingerprint: string
  /** Whether another program reads one of its files, as a machine reads the images below the one that it writes. */
  readonly read: boolean
  /** Ascending by the UTF-8 bytes of their ids. */
  readonly members: readonly Member[]
}

/** Every file that is read for a member. */
export function filesOf({ content }: Member): readonly string[] {
  return content?.image.files ?? []
}
