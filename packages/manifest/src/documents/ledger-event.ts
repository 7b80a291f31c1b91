import type { JsonObject } from '@restitute/core'
import type { Fingerprint, IsoTime, Sha256 } from './common.ts'

/** What can happen in a dossier. */
export const eventTypes = [
  'contract-pinned',
  'contract-amended',
  'challenge-sent',
  'challenge-answered',
  'requested',
  'scoped',
  'export-approved',
  'export-started',
  'exported',
  'delivery-started',
  'delivered',
  'acknowledged',
  'notice',
  'contest',
  'contest-closed',
  'hold',
  'release',
  'withdrawal',
  'waiver',
  'declaration',
  'custody',
  'incident',
  'incident-closed',
  'reminder',
  'certification-lost',
  'roles-withdrawn',
  'mandate',
  'log-reviewed',
  'log-purged',
  'rehearsed',
  'order-written',
  'order-signed',
  'copy-seen',
  'destruction-started',
  'destruction-finished',
  'copy-probed',
  'certified',
] as const

/** One of {@link eventTypes}. */
export type EventType = (typeof eventTypes)[number]

/** An event of the ledger. No names of persons and no patient data: fingerprints and digests. */
export interface LedgerEvent {
  /** From 1, without gaps. */
  readonly sequence: number
  readonly at: IsoTime
  readonly operation: string
  readonly type: EventType
  readonly body: JsonObject
  /** Key of the natural person who acted. */
  readonly person: Fingerprint
  /** SHA-256 of the line before, without its line feed; 64 zeros for the first. */
  readonly previous: Sha256
}

/** A line of `ledger.jsonl`: canonical JSON of this. */
export interface LedgerLine {
  readonly event: LedgerEvent
  /** Detached binary OpenPGP signature over the canonical JSON of `event`, base64. */
  readonly signature: string
}
