import type {
  DestinationSpec,
  ErrorCode,
  ErrorDetails,
  Item,
  Shard,
  ShardLimits,
  SourceSpec,
  View,
} from '@restitute/core'
import type { FileRecord, IndexRecord } from '@restitute/manifest'
import type { VolumeNote } from '../journal/entries.ts'
import type { MadeVolume } from '../journal/shards.ts'
import type { ReadingCalls } from '../reading/calls.ts'
import type { Pace } from './pace.ts'

/** Which source of a run: its exporter is held under this key in each worker that opened it. */
export interface SourceKey {
  readonly key: string
}

/** Where a worker finds the items and entries of a source. */
export interface JournalPlace {
  readonly journal: string
  /** Row of the source. */
  readonly source: number
}

/** How a volume or index is written. The only OpenPGP keys that travel are public ones. */
export interface Writing {
  /** The package's folder. */
  readonly place: DestinationSpec
  /** Name of the file in the package. */
  readonly name: string
  /** Name of the source. */
  readonly sourceName: string
  /** Armored public keys. */
  readonly recipients: readonly string[]
}

/** What is to be written as a volume. */
export interface VolumeRequest extends SourceKey, JournalPlace, Writing {
  /** One, after which the volume is named; in a rehearsal there may be others behind it. */
  readonly shards: readonly Shard[]
  readonly readBack: 'hash' | 'full'
  /** Shared by the workers of the source. */
  readonly pace: Pace
}

/** The bag's own files as a volume. */
export interface BagRequest extends JournalPlace, Writing {
  readonly readBack: 'hash' | 'full'
  /** For `bag-info.txt`. */
  readonly info: Readonly<Record<string, string>>
  readonly at: Date
}

/** What a worker can be asked for: the request, what comes in batches, the answer. */
export interface Calls extends ReadingCalls {
  /** Freezes a source, or joins its view, and holds it. */
  open: { request: SourceKey & { spec: SourceSpec; view?: View }; batch: never; result: Opened }
  inventory: { request: SourceKey & { pace: Pace }; batch: readonly Item[]; result: null }
  plan: {
    request: SourceKey & JournalPlace & { last: number; limits: ShardLimits }
    batch: readonly Shard[]
    result: null
  }
  volume: { request: VolumeRequest; batch: readonly VolumeNote[]; result: MadeVolume }
  bag: { request: BagRequest; batch: readonly VolumeNote[]; result: MadeVolume }
  index: { request: JournalPlace & Writing & { salt: string }; batch: never; result: IndexRecord }
  /** Whether a volume or an index still lies there as recorded. */
  check: { request: { place: DestinationSpec; record: FileRecord }; batch: never; result: boolean }
  /** Ends a view for good, once everything is read of it. */
  release: { request: { spec: SourceSpec; view: View }; batch: never; result: null }
  /** Lets go of a source, or of all. */
  close: { request: Partial<SourceKey>; batch: never; result: null }
}

/** A name of {@link Calls}. */
export type CallName = keyof Calls

/** A source that a worker holds. */
export interface Opened {
  readonly view: View
  readonly joinable: boolean
}

/** An error on its way between threads. */
export interface SentError {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly details: ErrorDetails
  readonly cause?: string
}

/** To a worker. `ack` allows the next batch: this is the back-pressure. */
export type ToWorker =
  | { readonly id: number; readonly call: CallName; readonly request: Calls[CallName]['request'] }
  | { readonly id: number; readonly abort: true }
  | { readonly id: number; readonly ack: true }

/** From a worker. `packed`: the next piece of work may begin beside what is left of this one. */
export type FromWorker =
  | { readonly id: number; readonly batch: Calls[CallName]['batch'] }
  | { readonly id: number; readonly bytes: number }
  | { readonly id: number; readonly packed: true }
  | { readonly id: number; readonly result: Calls[CallName]['result'] }
  | { readonly id: number; readonly error: SentError }
