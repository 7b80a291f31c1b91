import type { Destroyer, DestroyerOptions, Prober } from './destruction.ts'
import type { Entry, Loss, RestoredEntry } from './entry.ts'
import type { Item, KnownItem, Shard, ShardLimits } from './item.ts'
import type { Json } from './json.ts'
import type { SourceSpec, View } from './source.ts'

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

/** Waits until the source may be read on; undefined when that is now. */
export type Passage = () => Promise<void> | undefined

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
  /**
   * Every item of the view, ascending by id, streamed. Read errors of one item become `lost`, never an exception. Where much is read
   * before the first item is given, `passage` is awaited before each piece of that (a table): it waits while the source is not to be read.
   */
  inventory(signal: AbortSignal, passage?: Passage): AsyncIterable<Item>
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

/** What a view is taken for. */
export interface FreezeOptions {
  /** Nobody joins it once whoever takes it is gone: if he is killed, it need not wait for anybody. */
  readonly alone?: true
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
  freeze(source: SourceSpec, signal: AbortSignal, options?: FreezeOptions): Promise<Exporter>
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
