import type { Connector, Destination, KnownItem, SourceSpec } from '@restitute/core'

/** One promise to hold. Framework-free: `run` rejects (`node:assert`) when it is broken. */
export interface Case {
  readonly name: string
  readonly run: () => Promise<void>
}

/** A place of a connector's kind, made for one case. Disposing removes it, whatever is left of it. */
export interface TestPlace extends AsyncDisposable {
  readonly spec: SourceSpec
  /**
   * Facts, read by the system's own means and never by the connector: a digest of everything there is, content,
   * definitions and metadata (access times left out), and of what lies directly beside it (temporary files,
   * sessions, snapshots). Equal exactly when nothing changed; a place that does not exist has a digest too.
   */
  digest(): Promise<string>
}

/** A change to a populated place, made by the system's own means. */
export interface Mutation {
  /** For instance `a row is added`. */
  readonly name: string
  /** How the item below must be reported. */
  readonly change: 'new' | 'changed' | 'removed'
  /**
   * Makes the change and tells the id of an item in which it must be seen; others may be reported beside it. `delivered`:
   * when the place was restored, what from, for ids that another place does not give again.
   */
  readonly apply: (place: SourceSpec, delivered?: readonly KnownItem[]) => Promise<string>
}

/** What the cases need of one connector. */
export interface ConnectorSetup {
  readonly connector: Connector
  /**
   * A new populated source, the same content each time in another place: at least five items, all of them
   * deliverable, among them one of 40 KiB or more (parts are 16 KiB in the cases).
   */
  readonly source: () => Promise<TestPlace>
  /** A new place where a restoration may go: absent or empty. */
  readonly target: () => Promise<TestPlace>
  /** A source of this kind that cannot be reached. */
  readonly unreachable: SourceSpec
  /** Each is applied to a source of its own; at least one of each kind of change. */
  readonly mutations: readonly Mutation[]
}

/** What the cases need of one destination. */
export interface DestinationSetup {
  /** A new, empty destination; disposing removes it. */
  readonly destination: () => Promise<{ readonly destination: Destination } & AsyncDisposable>
}
