import type { JsonObject } from '@restitute/core'
import type { Content } from '../content/open.ts'

/** What is delivered as one item: a disk, a disk at a snapshot, a file of the machine. */
export interface Member {
  readonly id: string
  readonly kind: string
  /** Path below `data/`, safe. */
  readonly bagPath: string
  readonly content?: Content
  readonly facts: JsonObject
  /** Why it cannot be delivered; without a name, since reasons stand in the manifest. */
  readonly lost?: string
}

/** All disks of a machine and what belongs to it, at one moment. Serialisable. */
export interface Machine {
  /** Real path of the image, folder or description that the URL points at. */
  readonly path: string
  readonly fingerprint: string
  /** Ascending by the UTF-8 bytes of their ids. */
  readonly members: readonly Member[]
}

/** Every file that is read for a member. */
export function filesOf({ content }: Member): readonly string[] {
  return content?.image.files ?? []
}
