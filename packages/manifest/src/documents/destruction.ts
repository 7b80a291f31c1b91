import type { Checkpoint, DocumentHead, Fingerprint, IsoTime, PackageRef, Sha256 } from './common.ts'
import type { ReceiptForm } from './contract.ts'

/** What kind of copy. */
export type CopyKind = 'source' | 'package' | 'work' | 'backup' | 'replica' | 'snapshot' | 'medium'

/** The declared list of sources and copies, signed by host and client. */
export interface Scope extends DocumentHead {
  readonly schema: 'restitute/scope/v1'
  readonly sources: readonly ScopeSource[]
  readonly copies: readonly ScopeCopy[]
  /** Siblings that were found and left out, with the reason. */
  readonly leftOut: readonly { readonly url: string; readonly reason: string }[]
}

/** A source in the scope. */
export interface ScopeSource {
  readonly name: string
  readonly instance: string
  readonly kind: string
  readonly fingerprint: string
  readonly items: number
  readonly bytes: number
  readonly excluded?: string
}

/** A copy in the scope that is no source. */
export interface ScopeCopy {
  readonly name: string
  readonly instance: string
  readonly kind: CopyKind
  readonly heldBy?: string
  /** ISO 8601 duration after which it has gone by rotation. */
  readonly rotation?: string
}

/** Authorisation to destroy; bound to a delivery, consumed per copy (R32). Signed by two authorisers. */
export interface Order extends DocumentHead {
  readonly schema: 'restitute/order/v1'
  readonly expiresAt: IsoTime
  readonly packages: readonly PackageRef[]
  /** Of the bytes of `receipt.json`. */
  readonly receiptSha256: Sha256
  readonly copies: readonly OrderedCopy[]
  readonly ledger: Checkpoint
}

/** One copy that the order covers. */
export interface OrderedCopy {
  readonly name: string
  readonly kind: CopyKind
  readonly instance: string
  /** Of the system, where it has one that can be read (sources, packages, work folder). */
  readonly fingerprint?: string
  readonly heldBy?: string
  /** When rotation will have removed it. */
  readonly deferredUntil?: IsoTime
  /** Locks that an authorised account may lift (S3: mode GOVERNANCE) are to be lifted. */
  readonly bypassGovernance?: true
}

/** What became of a copy (R36). */
export type CopyOutcome =
  | 'destroyed-observed-absent'
  | 'observed-absent'
  | 'destroyed-not-checked'
  | 'declared'
  /** Handed over to the client, who has signed that it keeps it. */
  | 'client-custody'
  | 'deferred'
  | 'shared-kept'
  | 'legally-retained'
  | 'could-not-check'
  /** Not destroyed (yet), or seen still present afterwards. */
  | 'not-destroyed'

/** Signed record of what was destroyed, how, and what was then observed (R36–R39). */
export interface Certificate extends DocumentHead {
  /** v2 where a copy has the outcome `client-custody`, which a reader of v1 does not know; v1 everywhere else. */
  readonly schema: 'restitute/certificate/v1' | 'restitute/certificate/v2'
  /** `final` only when no copy is deferred, unchecked or kept. */
  readonly status: 'partial' | 'final'
  readonly host: { readonly name: string; readonly siren?: string; readonly fingerprint: Fingerprint }
  readonly client: {
    readonly name: string
    readonly siren?: string
    readonly fingerprints: readonly Fingerprint[]
  }
  readonly packages: readonly PackageRef[]
  readonly receiptSha256: Sha256
  /** Where the client did not sign the receipt by OpenPGP; `handwritten`: declared, and verified by nobody (R30). */
  readonly receiptForm?: Exclude<ReceiptForm, 'openpgp'>
  readonly orderSha256: Sha256
  readonly authorisers: readonly Fingerprint[]
  readonly executor: Fingerprint
  readonly verifier: Fingerprint
  readonly copies: readonly CertifiedCopy[]
  /** What this certificate does not say, one sentence each. */
  readonly limits: readonly string[]
  readonly ledger: Checkpoint
}

/** One copy and what is known of its end. */
export interface CertifiedCopy {
  readonly name: string
  readonly kind: CopyKind
  readonly instance: string
  readonly country: string
  readonly fingerprint?: string
  readonly outcome: CopyOutcome
  readonly method?: {
    /** NIST SP 800-88 category; `none` is printed "deletion, no sanitization claimed". */
    readonly category: 'none' | 'clear' | 'purge' | 'cryptographic-erase'
    readonly technique: string
    readonly limits: readonly string[]
  }
  /** Items and bytes before, from the inventory. */
  readonly items?: number
  readonly bytes?: number
  readonly startedAt?: IsoTime
  /** By the clock of the contract's time-stamping authority: the destruction did not begin before. */
  readonly stampedAt?: IsoTime
  readonly finishedAt?: IsoTime
  readonly steps?: number
  readonly probe?: {
    readonly at: IsoTime
    readonly state: 'present' | 'absent' | 'could-not-check'
    readonly identity: string
    readonly looked: readonly string[]
    readonly limits: readonly string[]
    /** Why what is left of it is there. */
    readonly kept?: readonly KeptPart[]
  }
  /** What its holder, or the host in their stead, declares of its end; the client, that it keeps it. */
  readonly declaration?: CopyDeclaration
  readonly heldBy?: string
  readonly deferredUntil?: IsoTime
  readonly bypassGovernance?: true
}

/** What is left of a copy and has to stay. */
export interface KeptPart {
  readonly reason: 'legally-retained' | 'shared'
  readonly count: number
  /** When the last of it may be destroyed. */
  readonly until?: IsoTime
}

/** The newest declaration on a copy, and whose word it is. */
export interface CopyDeclaration {
  /** When it was recorded. */
  readonly at: IsoTime
  /** `holder`: signed with the holder's key; `host`: a person of the host vouches for it. */
  readonly word: 'holder' | 'host'
  readonly wordOf: Fingerprint
  readonly holder?: string
  readonly method?: string
  readonly endedAt?: IsoTime
}
