import type { LedgerEvent } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'
import type { Dossier } from '../dossier.ts'
import type { ManifestFile } from './receipt.ts'

/** What can be taken into the ledger from a file. The contract itself: `pinContract`. */
export const recordKinds = [
  'challenge',
  'request',
  'scope',
  'export-approval',
  'receipt',
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
] as const

/** One of {@link recordKinds}. */
export type RecordKind = (typeof recordKinds)[number]

/** A file to take into the ledger. */
export interface RecordOptions {
  readonly dossier: Dossier
  readonly kind: RecordKind
  /** Its signatures lie beside it: `<file>.<fingerprint>.asc`, or `<file>.asc` as gpg names it. */
  readonly file: string
  /** `R1`, …; `dossier` for a contest, hold, withdrawal or incident that concerns every operation. */
  readonly operation: string
  readonly key: PrivateKey
  readonly at: Date
  /** Ends the wait for a time-stamping authority. */
  readonly signal?: AbortSignal
  /** For a receipt: the manifests of the packages it names. */
  readonly manifests?: readonly ManifestFile[]
  /** For a receipt signed by hand: the scan of its page. */
  readonly scan?: string
  /** For a declaration in a form of its own: the copy that it speaks of. */
  readonly copy?: string
  /** For a declaration that its holder signed: the holder's key. */
  readonly holderKey?: PublicKey
}

/** The events so far. */
export function eventsOf({ dossier }: RecordOptions): readonly LedgerEvent[] {
  return dossier.ledger.events()
}
