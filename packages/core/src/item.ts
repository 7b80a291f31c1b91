import type { JsonObject } from './json.ts'

/** One inventoried thing. Ids are unique in a source; the inventory is in ascending order of their UTF-8 bytes. */
export interface Item {
  readonly id: string
  /** What it is in its system's words: `file`, `directory`, `symlink`, `table`, `definitions`, … */
  readonly kind: string
  /** Plaintext bytes: exact for files, an estimate for tables. */
  readonly bytes: number
  /** Rows, where the item has rows. */
  readonly count?: number
  /** Cheap state of the item in this source: equal marks mean "unchanged since" for the second pass. */
  readonly mark: string
  /** SHA-256 (hex) of the content in a form that a restored copy gives again. */
  readonly digest?: string
  /** What must be equal after a restoration beside the content (mode, owner, link target, …). */
  readonly attributes?: JsonObject
  /** Why the item cannot be delivered, or not with certainty; it is then in the loss report. */
  readonly lost?: string
  /**
   * Of a lost item: its content alone cannot be read just now, and its mark tells all the same whether it is the one that was
   * delivered before. Then it is not lost: the client holds it.
   */
  readonly markTells?: true
  /**
   * Id of the item, earlier in the inventory, that this one is another name of (a hard link). It is then read in
   * the shard of that item, so that all its names are in one volume.
   */
  readonly leader?: string
}

/** An item with its digest, as delivered: the measure for {@link Watcher} and {@link Restorer.compare}. */
export type KnownItem = Item

/** A part of the work that one worker reads alone: the items number `first` to `last` of the inventory. */
export interface Shard {
  /** Unique in the source, and the same when the same inventory is split again. */
  readonly id: string
  /** Ordinals of the inventory, from 1, both inclusive. */
  readonly first: number
  readonly last: number
  /** Private to the connector: which slice of an item too large for one shard. */
  readonly slice?: JsonObject
  /** Estimated plaintext bytes. */
  readonly bytes: number
}

/** How large a shard may get. */
export interface ShardLimits {
  readonly bytes: number
  readonly items: number
  /** Size of the parts that large items are cut into. */
  readonly partBytes: number
}
