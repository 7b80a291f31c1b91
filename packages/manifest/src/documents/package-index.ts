import type { JsonObject } from '@restitute/core'
import type { Sha256 } from './common.ts'

/** First line of an index. */
export interface IndexHeader {
  readonly schema: 'restitute/index/v1'
  readonly source: string
  /** 32 random bytes, hexadecimal: quoting it proves that one could decrypt. */
  readonly salt: string
}

/** What became of an item in this package. */
export type ItemState = 'exported' | 'unchanged' | 'removed' | 'excluded' | 'lost'

/** One item of the inventory, or one that is gone since the base. Ascending by id. */
export interface IndexItem {
  readonly item: string
  readonly kind: string
  readonly state: ItemState
  readonly bytes: number
  readonly count?: number
  readonly mark: string
  readonly digest?: Sha256
  readonly attributes?: JsonObject
  /** Id of the item that this one is another name of (a hard link), among those that the client then holds. */
  readonly leader?: string
  /** Why it is excluded or lost. */
  readonly reason?: string
}

/** One entry of a volume; follows the line of its item. Entries without item (tag files) come last. */
export interface IndexEntry {
  /** Path in the bag. */
  readonly entry: string
  readonly item?: string
  /** `link`: another name of a file of the same volume (a hard link). */
  readonly type: 'file' | 'directory' | 'link'
  /** For a `link`: path in the bag of its file. */
  readonly link?: string
  /** Holes of a sparse file included; of a link: the size of its file; 0 for a directory. */
  readonly size: number
  /** Of the content of a file, holes read as zeros; a link has that of its file. */
  readonly sha256?: Sha256
  /** Name of the volume. */
  readonly volume: string
  readonly part?: number
}

/** A line of an index after its header. */
export type IndexLine = IndexItem | IndexEntry
