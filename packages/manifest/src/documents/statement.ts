import type { DocumentHead, IsoTime, Sha256 } from './common.ts'

/** Who signs for a party, in their own words. */
export interface DocumentSigner {
  readonly name: string
  readonly function?: string
}

/** What a statement can say. */
export type StatementKind =
  | 'certification-lost'
  | 'contest'
  | 'contest-closed'
  | 'export-approval'
  | 'hold'
  | 'incident-closed'
  | 'notice'
  | 'release'
  | 'reminder'
  | 'roles-withdrawn'
  | 'waiver'
  | 'withdrawal'

/** What the client may waive; `single-key`: a delivery to one recipient key alone. */
export type Waivable = 'notice' | 'retrieval' | 'single-key'

/** A party's word that opens, closes, gives or waives something. */
export interface Statement extends DocumentHead {
  readonly schema: 'restitute/statement/v1'
  readonly kind: StatementKind
  /** For people. */
  readonly text: string
  /** Sequence number of the event that it closes; for `contest-closed`, `release` and `incident-closed` only. */
  readonly of?: number
  /** What it waives; for `waiver` only. */
  readonly waives?: readonly Waivable[]
  /** What a contest is about: sources, and items by glob. */
  readonly about?: readonly { readonly source: string; readonly items?: string }[]
  /** The scope whose data may leave; for `export-approval` only (SEC-EXP-2). */
  readonly scopeSha256?: Sha256
  readonly signer?: DocumentSigner
}

/** Why data is asked for. */
export type RequestReason = 'certification-loss' | 'early-end' | 'end' | 'on-demand'

/** The client's signed request for a restitution or a destruction, whole or of some sources (R8). */
export interface Request extends DocumentHead {
  readonly schema: 'restitute/request/v1'
  readonly kind: 'restitution' | 'destruction'
  readonly reason: RequestReason
  /** Absent: the whole. */
  readonly sources?: readonly string[]
  /** When the contract ends, where that is not now. */
  readonly endsAt?: IsoTime
  readonly text: string
  readonly signer: DocumentSigner
}

/** What the holder of a copy, or somebody of the host in their stead, declares of its end (R33). */
export interface Declaration extends DocumentHead {
  readonly schema: 'restitute/declaration/v1'
  /** Name in the register of copies. */
  readonly copy: string
  readonly holder: string
  /** How it was ended, in the holder's words. */
  readonly method: string
  readonly endedAt: IsoTime
  readonly text: string
  readonly signer: DocumentSigner
}

/**
 * The client's word that it keeps a copy which was handed over to it, a disk for instance: the copy is its own from then on,
 * and nobody destroys it.
 */
export interface Custody extends DocumentHead {
  readonly schema: 'restitute/custody/v1'
  /** Name in the register of copies. */
  readonly copy: string
  readonly holder: string
  readonly text: string
  readonly signer: DocumentSigner
}

/** What a mandate can allow: never to authorise, to destroy or to certify. */
export type MandatedCommand = 'deliver' | 'export' | 'rehearse'

/** A person lets a key act alone, until a date, for some commands (R50). Signed by that person. */
export interface Mandate extends DocumentHead {
  readonly schema: 'restitute/mandate/v1'
  readonly commands: readonly MandatedCommand[]
  readonly expiresAt: IsoTime
  /** The public key that acts, armored. */
  readonly key: string
  readonly text: string
}

/** What went wrong. */
export type IncidentNature = 'leaked-key' | 'lost-medium' | 'other' | 'wrong-tenant'

/** The record of a breach with what article 33(3) and (5) of the GDPR asks for (R56). */
export interface Incident extends DocumentHead {
  readonly schema: 'restitute/incident/v1'
  readonly nature: IncidentNature
  readonly discoveredAt: IsoTime
  /** What happened. */
  readonly text: string
  /** Categories of persons and of data concerned. */
  readonly categories: readonly string[]
  /** How many persons and records are concerned, about. */
  readonly persons: number
  readonly records: number
  /** Likely consequences. */
  readonly consequences: string
  /** Taken or proposed. */
  readonly measures: string
  /** Data protection officer or other contact. */
  readonly contact: string
  /** When the client, who has 72 hours for the authority, was told. */
  readonly notifiedAt?: IsoTime
}
