import type { Entry, Extent } from '@restitute/core'
import type { Sha256 } from '@restitute/manifest'

/** One entry as it was written to a volume, its content hashed on the way. */
export interface EntryRecord {
  /** Path in the bag. */
  readonly path: string
  /** Id of the item; absent for tag files. */
  readonly item?: string
  readonly type: Entry['type']
  /** For a `link`: path in the bag of its file, in the same volume. */
  readonly link?: string
  /** Bytes, holes included; of a link: those of its file; 0 for a directory. */
  readonly size: number
  /** Of a file's content, holes read as zeros; a link has that of its file. */
  readonly sha256?: Sha256
  /** From 1, when the item is cut into several entries. */
  readonly part?: number
}

/** One entry that comes back out of a volume, its name already checked. */
export interface VolumeEntry {
  /** The bag it belongs to. */
  readonly source: string
  /** Path in the bag, without a final `/`. */
  readonly path: string
  readonly type: Entry['type']
  /** For a `link`: path in the bag of its file, which came earlier in the volume. */
  readonly link?: string
  /** Bytes, holes included; of a link: those of its file; 0 for a directory. */
  readonly size: number
  /** Of a sparse file: its data, ascending, not overlapping; `content` then yields these stretches only. */
  readonly extents?: readonly Extent[]
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970, may be negative. */
  readonly modified: bigint
  /** Read at most once, before the next entry is asked for; what is not read is skipped. */
  content(): AsyncIterable<Uint8Array>
  /** The whole content, where it can be had without waiting; good until the next entry is asked for. */
  readonly atHand: Uint8Array | undefined
}
