import type { Destroyer, DestroyerOptions, Prober } from './destruction.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * Commands around the moment at which a source stands still (R15): a program by its absolute path and its arguments, no
 * shell. They are run by whoever takes a view; connectors leave them alone.
 */
export interface SourceHooks {
  /** Before the moment: nothing is written any more. Never without `thaw`. */
  readonly freeze?: readonly string[]
  /** Makes what the URL names, while the source is frozen. Never without `discard`. */
  readonly snapshot?: readonly string[]
  /** Undoes `freeze`: once there is a snapshot; without one when the source is read. */
  readonly thaw?: readonly string[]
  /** Undoes `snapshot`, when it is read. */
  readonly discard?: readonly string[]
  /** For each command, ISO 8601; default `PT1M`. */
  readonly timeout?: string
}

/** A source as the contract declares it, its secret resolved. Serialisable: it is handed to worker threads. */
export interface SourceSpec {
  /** Name in the contract; also the name of its bag in the package. */
  readonly name: string
  /** `<kind>:…`, for instance `sqlite:/srv/ehr/records.db`. */
  readonly url: string
  readonly secret?: string
  /** Declared closed to writing: a view lost in mid-run may be taken again if nothing changed. */
  readonly quiesced?: boolean
  readonly hooks?: SourceHooks
  /**
   * Of a target: a sample is rebuilt there, of which what some items refer to is missing. References between items are
   * neither checked nor compared.
   */
  readonly sample?: true
}

/** What a connector can do, as data: the conformance cases and the executor read it. */
export interface Abilities {
  /** Other workers can join a frozen view by its token; if not, one worker does all of the source. */
  readonly joinable: boolean
  /** One consistent moment of the whole source (`snapshot`), or of each item alone (`per-item`). */
  readonly consistency: 'snapshot' | 'per-item'
  /** `Item.digest` is known at inventory; otherwise it follows from the entries once they are read. */
  readonly digestsAtInventory: boolean
  /** What a destruction by this connector can honestly be called (NIST SP 800-88, R37). */
  readonly destruction: 'deletion' | 'overwrite' | 'none'
}

/** A frozen view of a source. Serialisable, so that other workers can join it. */
export interface View {
  /** Private to the connector. */
  readonly token: Json
  /** The point in time for the manifest, in the system's own terms (LSN, version, time). */
  readonly point: string
  readonly consistency: 'snapshot' | 'quiesced' | 'per-item'
  /** ISO 8601 UTC. */
  readonly takenAt: string
  /** Identity of the system, short enough to be typed: `3f2a-9c1b-77de` (R35). Stable over the source's life. */
  readonly fingerprint: string
}

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

/**
 * Reads a source and never writes to it. Holds its view until it is disposed of; disposing leaves nothing
 * behind in the source (sessions, snapshots, temporary files), except what keeps a joinable view open for those who
 * join later: that is for {@link Connector.release}. Every method honours `signal` within a second and then throws
 * `interrupted`.
 */
export interface Exporter extends AsyncDisposable {
  readonly view: View
  /** What is sure to be lost, known without reading the source: a sentence each, for whoever checks before an export. */
  foreseen?(signal: AbortSignal): AsyncIterable<string>
  /** Every item of the view, ascending by id, streamed. Read errors of one item become `lost`, never an exception. */
  inventory(signal: AbortSignal): AsyncIterable<Item>
  /** Cuts the inventory into shards, in order; deterministic. */
  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard>
  /**
   * The entries of one shard, in the order of the items. `items` are exactly the shard's: those of its range, but
   * an item with a `leader` comes right after it (and the leader's other followers), wherever it stands in the
   * inventory; one whose leader is not exported comes without. Everything in `items` that is not lost must come out
   * as entries or as a {@link Loss}. May be called again for the same shard.
   */
  read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss>
}

/** How an item of the source, as it is now, differs from what is known of it. */
export interface Difference {
  readonly item: string
  readonly change: 'new' | 'changed' | 'removed' | 'unreadable'
  /** For people; never patient data beyond the item's id. */
  readonly detail?: string
}

/** Tells whether a source, read now and by content, still is what was delivered (guard `unchanged`). */
export interface Watcher extends AsyncDisposable {
  /**
   * `known` ascending by id. Yields nothing when all is equal. Reads the content, not only marks. With `cutShort`, a
   * destruction by this connector was: what that changes of what it leaves (times of folders, hard links) is no difference.
   * With `upTo`, what was on the system of the destroyer when that stood so ({@link Destroyer.stand}) is seen, or it throws `source-unreachable`.
   */
  differences(
    known: AsyncIterable<KnownItem>,
    signal: AbortSignal,
    options?: { readonly cutShort?: boolean; readonly upTo?: Json },
  ): AsyncIterable<Difference>
}

/** An entry that comes back out of a package. */
export interface RestoredEntry {
  readonly path: string
  readonly item?: string
  readonly type: 'file' | 'directory' | 'link'
  /** For a `link`: path in the bag of its file, which came earlier. */
  readonly link?: string
  readonly size: number
  /** As {@link Entry.extents}: `content` yields these stretches only. */
  readonly extents?: readonly Extent[]
  readonly mode: number
  readonly modified: bigint
  readonly part?: number
  /** Read once, before the next entry is asked for. */
  content(): AsyncIterable<Uint8Array>
  /** As {@link Entry.atHand}. */
  readonly atHand?: Uint8Array | undefined
}

/** Rebuilds a source on an empty target. The target appears whole, on `finish`, or not at all. */
export interface Restorer extends AsyncDisposable {
  /** In how many rounds entries are wanted (definitions, data, the rest). */
  readonly phases: number
  /** The round, from 0, in which this entry is wanted. */
  phase(path: string): number
  /**
   * What an item belongs to (the object of a version), of which items are wanted ascending by id, whichever package they lie in:
   * what a first package lost may come with a later one. Absent: in package order.
   */
  readonly groupOf?: (item: string) => string
  /** Takes one entry; called round by round, in package order within a round. */
  accept(entry: RestoredEntry, signal: AbortSignal): Promise<void>
  /** `items`: everything that must now exist, ascending by id. Applies what has to come last, then promotes. */
  finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void>
}

/** A sibling of a declared source: same system, not necessarily declared. */
export interface Sibling {
  readonly url: string
  readonly kind: string
  readonly bytes?: number
}

/**
 * The code that knows one kind of system. Factories only: each opens what it needs and the caller disposes of it.
 * All throw `source-unreachable` when the system cannot be reached, `usage` for a URL that makes no sense.
 */
export interface Connector {
  /** The scheme of its URLs. */
  readonly kind: string
  readonly abilities: Abilities
  /**
   * Where a source lies, by its URL alone: an absolute path of this machine, or what begins with the place of all that holds
   * it, up to a `/`. Absent where nothing lies in anything else.
   */
  place?(url: string): string
  /** Freezes a consistent view. */
  freeze(source: SourceSpec, signal: AbortSignal): Promise<Exporter>
  /** Joins a frozen view from another worker; throws `source-view-lost` when it is gone. Only when `joinable`. */
  join(source: SourceSpec, view: View, signal: AbortSignal): Promise<Exporter>
  /**
   * Ends a joinable view for good, wherever it is held; idempotent, and no error when it is gone already. Absent where
   * disposing of its exporters ends a view. A view that nobody releases ends by itself after a lease.
   */
  release?(source: SourceSpec, view: View, signal: AbortSignal): Promise<void>
  watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher>
  /** Throws `target-not-empty`. */
  restore(target: SourceSpec, signal: AbortSignal): Promise<Restorer>
  /** Differences of a restored target from what was delivered, by content and definitions. */
  compare(target: SourceSpec, known: AsyncIterable<KnownItem>, signal: AbortSignal): AsyncIterable<Difference>
  destroyer(source: SourceSpec, signal: AbortSignal, options?: DestroyerOptions): Promise<Destroyer>
  prober(source: SourceSpec, signal: AbortSignal): Promise<Prober>
  /** What else is in the same place (R10). */
  siblings(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling>
}

/** Finds the connector of a source URL, loading its code only then; throws `usage` for an unknown kind. */
export type ConnectorOf = (url: string) => Promise<Connector>
