import type {
  AcceptedLoss,
  CopyKind,
  Fingerprint,
  IsoTime,
  LedgerEvent,
  Manifest,
  Order,
  PackageRef,
  Receipt,
  ReceiptForm,
  Scope,
  Sha256,
} from '@restitute/manifest'
import type { Verdict } from '@restitute/verify'
import type { LoadedContract } from '../contract/loaded.ts'
import type { NestedSource } from '../contract/nested-sources.ts'

/** The guards in the order in which they are named: two of the terms, then those of design §4. */
export const guardNames = [
  'contract-pinned',
  'scope',
  'delivery-valid',
  'receipt',
  'consent',
  'authorised',
  'floors',
  'no-contest',
  'tenant',
  'unchanged',
  'probe-ready',
] as const

/** One of {@link guardNames}. */
export type GuardName = (typeof guardNames)[number]

/** What one guard says. */
export interface GuardVerdict {
  readonly guard: GuardName
  readonly holds: boolean
  /** Why it does not hold: English, lower case, no full stop. */
  readonly reason?: string
  readonly hint?: string
}

/** A document with the good signatures on it. */
export interface SignedFacts<D> {
  readonly document: D
  readonly sha256: Sha256
  /** Fingerprints of those whose signatures over these bytes were verified by the caller. */
  readonly signers: readonly Fingerprint[]
}

/** A receipt, and how it is known to be the client's. */
export interface ReceiptFacts extends SignedFacts<Receipt> {
  /** `signers` are the client's by it; by `handwritten` there are none. */
  readonly form: ReceiptForm
}

/** A package of the delivery, verified just now. */
export interface PackageFacts {
  readonly ref: PackageRef
  readonly verdict: Verdict
  readonly manifest: Manifest
}

/** A copy that is about to be destroyed. */
export interface CopyFacts {
  readonly name: string
  readonly kind: CopyKind
  /** Inventoried, or recorded when the copy was made. */
  readonly expectedFingerprint: string | undefined
  /** Read from the system just now. */
  readonly observedFingerprint: string | undefined
  /** Typed by the executor. */
  readonly typedFingerprint: string | undefined
  /**
   * For a source: items that are new, changed, gone or unreadable and that the consent does not list;
   * undefined = not compared.
   */
  readonly differences: number | undefined
  /** Whether there is a prober for it. */
  readonly probeable: boolean
}

/** Everything that the guards look at. The caller gathers it just before acting; the guards only judge. */
export interface DestructionFacts {
  /** By the clock of the host. */
  readonly now: Date
  /** By the clock of the contract's time-stamping authority, asked just now; without effect where it names none. */
  readonly stampedNow?: IsoTime
  readonly operation: string
  readonly executor: Fingerprint
  /** In force. */
  readonly contract: LoadedContract
  /** Of `contract.yaml` as it lies there now. */
  readonly contractFileSha256: Sha256
  readonly events: readonly LedgerEvent[]
  /** Sources of the contract that lie in others of it. */
  readonly nested: readonly NestedSource[]
  /** The scope that was recorded last. */
  readonly scope?: SignedFacts<Scope>
  readonly order?: SignedFacts<Order>
  readonly receipt?: ReceiptFacts
  /** The whole delivery, in order. */
  readonly packages: readonly PackageFacts[]
  /** What the host knows to be lost or excluded, over the whole delivery. */
  readonly losses: readonly AcceptedLoss[]
  readonly copies: readonly CopyFacts[]
}
