import type { Extent } from '@restitute/core'

/** A stretch of a content, in bytes. */
export interface Range {
  readonly offset: number
  readonly length: number
}

/** Reads what a guest sees of a disk, or a file as it is. */
export interface Reader extends AsyncDisposable {
  /** Bytes. */
  readonly size: number
  /** The stretches of a range that may hold anything but zeros, ascending, by their offsets in the whole. */
  data(range: Range, signal: AbortSignal): AsyncIterable<Extent>
  /**
   * Exactly the bytes of the ranges, one after the other; throws when they cannot be read. A chunk is good until the next
   * is asked for.
   */
  read(ranges: readonly Range[], signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** How much is read at once. */
export const chunkBytes: number = 256 * 1024
