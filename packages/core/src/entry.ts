import type { JsonObject } from './json.ts'

/** A stretch of a sparse file that holds data; everything between is zeros. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

/** Bytes that {@link EntryAttributes.pax} may take of one entry, keys and values together. */
export const mostPaxBytes: number = 8192

/** What tar carries of an entry beside its content, for those who restore with tar alone. */
export interface EntryAttributes {
  readonly uid?: number
  readonly gid?: number
  /**
   * Further pax records: `SCHILY.acl.access`, `SCHILY.acl.default` and `SCHILY.xattr.…` alone, printable ASCII, line
   * feeds and tabs only (no `=` in a key), at most {@link mostPaxBytes}. Anything else is a mistake (`internal`).
   */
  readonly pax?: Readonly<Record<string, string>>
}

/** One file or directory of a bag, in the order in which it is written. */
export interface Entry extends EntryAttributes {
  /** Safe path in the bag (design §3, "safe names"), `/`-separated: `data/…` for payload, else a tag file. */
  readonly path: string
  /** Id of the item it belongs to; absent for tag files. */
  readonly item?: string
  /** `link`: another name of a file that comes earlier in the same shard (a hard link). */
  readonly type: 'file' | 'directory' | 'link'
  /** For a `link`: path in the bag of the file that it is another name of. */
  readonly link?: string
  /** Bytes of the file, holes included; 0 for a directory; for a link, the size of its file. */
  readonly size: number
  /**
   * For a sparse file: its data, ascending, not overlapping; `content` then yields these stretches only, one after
   * the other. Absent: `content` yields exactly `size` bytes. No extent at all: everything is a hole.
   */
  readonly extents?: readonly Extent[]
  /** Permission bits. */
  readonly mode: number
  /** Nanoseconds since 1970, may be negative. */
  readonly modified: bigint
  /** From 1, when the item is cut into several entries; they are joined in this order. */
  readonly part?: number
  /**
   * What only reading could show of the item (the metadata of an object, which a listing leaves out): it becomes
   * `attributes.found` of the item as delivered, and must be equal after a restoration like all attributes. Of an item
   * that is cut, with its first part.
   */
  readonly found?: JsonObject
  /** Read once, to its end, before the next entry is asked for. A chunk is good until the next is asked for. */
  content(): AsyncIterable<Uint8Array>
  /**
   * The same content, where it lies in memory as a whole and is not sparse: reading it takes no turns. Good until the next
   * entry is asked for.
   */
  readonly atHand?: Uint8Array | undefined
  /**
   * Whoever reads the entry tells the SHA-256 (hexadecimal) of its content, holes included, before asking for the next
   * one: where it is known what it must be, nobody hashes twice.
   */
  readonly hashed?: (sha256: string) => void
}

/** Said after an entry, or instead of it: the item is not delivered, or not with certainty. */
export interface Loss {
  readonly lost: string
  readonly item: string
}

/** An entry that comes back out of a package. */
export type RestoredEntry = Omit<Entry, keyof EntryAttributes | 'found' | 'hashed'>
