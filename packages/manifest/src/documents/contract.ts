import type { SourceHooks } from '@restitute/core'
import type { ChargeKind } from '../charges.ts'
import type { Fingerprint, Sha256 } from './common.ts'

/** `contract.yaml`, checked. Times are ISO 8601 durations; secrets are references only. */
export interface Contract {
  readonly restitute: 1
  readonly reference: string
  readonly language: 'fr' | 'en'
  readonly profile: 'hds-2.0' | 'hds-2022-draft'
  readonly demonstration?: true
  readonly parties: { readonly host: HostParty; readonly client: ClientParty }
  readonly persons: readonly Person[]
  readonly actors?: readonly Actor[]
  /** How the actors meet the security objectives (référentiel HDS, chapter 7 of 2022, 8 of v2.0). */
  readonly guarantees?: Guarantees
  readonly instances: readonly Instance[]
  readonly destinations: readonly DestinationTerms[]
  readonly deadlines: Deadlines
  readonly approval?: { readonly authorisers?: number; readonly export?: boolean }
  readonly timestamp?: TimestampTerms
  /** Absent: receipts by OpenPGP alone. */
  readonly receipts?: ReceiptTerms
  /** How long the technical log is kept, six to twelve months; absent: twelve (SEC-JOU-3). */
  readonly logs?: { readonly keep: string }
  readonly rehearsal?: RehearsalTerms
  readonly costs?: CostTerms
  readonly indicators?: readonly IndicatorTerms[]
}

/** A company that may hold, reach or control an instance. */
export interface Actor {
  readonly code: string
  readonly identity: string
  readonly role: string
  /** Its conformity, which is a colour of the page. */
  readonly level?: ConformityLevel
}

/** Levels of conformity in the words of the référentiel: non conforme, exempté, certifié HDS, certifié et qualifié SecNumCloud. */
export type ConformityLevel = 'not-conforming' | 'exempt' | 'hds' | 'hds-secnumcloud'

/** The security objectives of the référentiel (7.4.1). */
export const securityObjectives = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const

/** One of {@link securityObjectives}. */
export type SecurityObjective = (typeof securityObjectives)[number]

/** The table of conformity: which actors take each objective upon them, by instance. */
export interface Guarantees {
  /** Code of the actor that administers the security of the service (7.1). */
  readonly administrator: string
  /** What is particular, and the residual risks (7.5). */
  readonly comment?: string
  readonly objectives: readonly ({ readonly instance: string } & Readonly<
    Record<SecurityObjective, readonly string[]>
  >)[]
}

/** What a restitution costs the client (R41). Money is in whole euro cents, before tax. */
export interface CostTerms {
  /** Of 10⁹ bytes, declared at signature; in a rehearsal, what would be delivered takes its place. */
  readonly gigabytes?: number
  /** Of work, declared at signature; in a rehearsal, those until the delivery take their place. */
  readonly hours?: number
  /** `transfer`: for a gigabyte delivered; `work`: for an hour until everything is delivered; `fixed`: once. */
  readonly rates: readonly { readonly for: ChargeKind; readonly cents: number }[]
  /** Laws that forbid charging, where they apply to the contract: names of `chargeLaws`. */
  readonly laws?: readonly string[]
}

/** What a contract promises to be measured by (EXI 26). */
export type IndicatorMeasure = 'delivery' | 'verification' | 'throughput' | 'rehearsal'

/**
 * A target. `delivery`: from the request until the client has everything; `verification`: by the client; `rehearsal`:
 * from the end of one to that of the next; each at most so long (ISO 8601). `throughput`: bytes of plaintext per second
 * until the delivery, at least (`50MB/s`).
 */
export interface IndicatorTerms {
  readonly measure: IndicatorMeasure
  readonly target: string
  /** Whole euro cents; `day`: for each day begun beyond the target, not for `throughput`. Default: `breach`. */
  readonly penalty?: { readonly cents: number; readonly per?: 'breach' | 'day' }
}

/** How the whole is rehearsed (R42). */
export interface RehearsalTerms {
  /** Five fields, in French time: `0 2 1 * *`. */
  readonly cron?: string
  /** Each begins up to so much later than due, at random, so that many dossiers do not begin at once; ISO 8601. */
  readonly jitter?: string
  /** Share of each source, `5%`; all of it: `100%`. */
  readonly sample?: string
  /** Declared speed of the link to the client, `100MB/s`. */
  readonly link?: string
  /** Where sources are rebuilt that cannot be in a folder: empty targets of the rehearsal's own, by source. */
  readonly targets?: readonly { readonly source: string; readonly url: string; readonly secret?: string }[]
}

/**
 * How a receipt is known to be the client's (R30): signed with one of its OpenPGP keys, signed by X.509 (CMS), or signed by
 * hand, which a person of the host declares and nobody can verify.
 */
export type ReceiptForm = 'openpgp' | 'x509' | 'handwritten'

/** The forms of receipt that both parties accept. */
export interface ReceiptTerms {
  readonly accepted: readonly ReceiptForm[]
  /** Who signs for the client by X.509; there exactly when that form is accepted. */
  readonly x509?: readonly X509Terms[]
  /** A receipt signed by hand may carry the consent to destruction too. Absent: it never does. */
  readonly 'handwritten-consent'?: boolean
}

/** A certificate that signs for the client, or an authority and whom of those that it certifies. */
export interface X509Terms {
  /** Path of the certificate, PEM or DER, relative to the dossier. */
  readonly certificate: string
  /** SHA-256 of that certificate: what the parties sign. */
  readonly fingerprint: Sha256
  /** For an authority: attributes that the subject of a signer's certificate must have, each exactly so. */
  readonly subject?: Readonly<Partial<Record<SubjectAttribute, string>>>
  /** Path of a revocation list of that authority, PEM or DER; nothing is fetched. */
  readonly crl?: string
}

/** Attributes of an X.509 subject by which a contract names signers. */
export type SubjectAttribute = 'CN' | 'O' | 'OU' | 'serialNumber' | 'organizationIdentifier' | 'emailAddress'

/** The authority that stamps signatures with the time (RFC 3161). */
export interface TimestampTerms {
  /** `http:` or `https:`. */
  readonly url: string
  /** Path of its root certificate, PEM or DER, relative to the dossier. */
  readonly certificate: string
  /** SHA-256 of that certificate, the only one in its file. Without it the contract does not say whose clock counts, and nobody may sign it. */
  readonly fingerprint?: Sha256
  /**
   * Path of a revocation list (RFC 5280), PEM or DER: what is known of the authority's certificates being revoked. It
   * is archived with the case; nothing is fetched.
   */
  readonly crl?: string
}

/** The host as a party. */
export interface HostParty {
  readonly name: string
  readonly siren?: string
  readonly certificate?: {
    readonly scope: readonly number[]
    readonly issued: string
    readonly expires: string
  }
  /** Path of its OpenPGP certificate, relative to the dossier. */
  readonly key: string
  /** Of that key. Without it the contract says nothing of whose key the file holds, and nobody may sign it. */
  readonly fingerprint?: Fingerprint
}

/** The client as a party. */
export interface ClientParty {
  readonly name: string
  readonly siren?: string
  /** Paths of the certificates that packages are encrypted to; any of them signs for the client. */
  readonly keys: readonly string[]
  /** Of those keys, in their order. */
  readonly fingerprints?: readonly Fingerprint[]
  readonly contacts?: readonly Contact[]
}

/** Somebody of the client; `referent`: the one to escalate to (EXI 25). */
export interface Contact {
  readonly name: string
  readonly email?: string
  readonly phone?: string
  readonly referent?: true
}

/** What a person of the host may do. `verifier` probes; nobody holds two of these in one destruction. */
export type Role = 'operator' | 'authoriser' | 'verifier'

/** A natural person (EXI 07). */
export interface Person {
  readonly id: string
  readonly name: string
  readonly function?: string
  readonly party: 'host' | 'client'
  readonly key: string
  readonly fingerprint?: Fingerprint
  readonly roles: readonly Role[]
}

/** A replica of the data under one set of actors. */
export interface Instance {
  readonly code: string
  readonly description?: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly actors?: readonly string[]
  readonly sources?: readonly SourceTerms[]
  readonly copies?: readonly CopyTerms[]
}

/** A source and how it may be read. */
export interface SourceTerms {
  readonly name: string
  readonly url: string
  /** `env:`, `file:` or `exec:` reference. */
  readonly secret?: string
  readonly quiesced?: boolean
  /** Declared empty: then zero items are no error. */
  readonly empty?: boolean
  /** Declared out of scope, with the reason; listed, never read. */
  readonly excluded?: string
  readonly workers?: number
  readonly rate?: string
  readonly window?: string
  readonly hooks?: SourceHooks
  /** How the prober reaches it, when not by `url` and `secret`. */
  readonly probe?: WayIn
  /** How the destroyer reaches it, when not by `url` and `secret`. */
  readonly destroy?: WayIn
}

/** Another account on a source, or another way to it. */
export interface WayIn {
  readonly url?: string
  readonly secret?: string
}

/** A copy that is no source: a backup set, a replica, a snapshot, a medium. */
export interface CopyTerms {
  readonly name: string
  readonly kind: 'backup' | 'replica' | 'snapshot' | 'medium'
  readonly rotation?: string
  readonly 'held-by'?: string
}

/** Where packages may go. */
export interface DestinationTerms {
  readonly name: string
  readonly url: string
  /** `env:`, `file:` or `exec:` reference. */
  readonly secret?: string
  readonly country: string
  /** Why the data may go to a country outside the EEA that has no adequacy decision (R25). */
  readonly 'outside-eea'?: string
}

/** Deadlines: rules by name (`manifests/profiles/`), and the contract's own durations. */
export interface Deadlines {
  readonly rules?: readonly string[]
  /** Floor for retention after delivery, never a trigger (OCI art. 9). */
  readonly acknowledgement?: string
  readonly restitution?: string
  /** Between the erasure notice and the destruction. */
  readonly notice?: string
  /** How long the client may still come back for the data after the delivery. */
  readonly retrieval?: string
  /** Ceiling: within what time of the client's consent everything is destroyed. */
  readonly destruction?: string
  /** The notice that the client gives before switching. */
  readonly switching?: string
}

/** A contract with its digest and the fingerprints of its keys, as the rest of the code uses it. */
export interface PinnedTerms {
  readonly contract: Contract
  readonly sha256: string
  readonly host: Fingerprint
  readonly clients: readonly Fingerprint[]
  /** Fingerprint → person. */
  readonly persons: ReadonlyMap<Fingerprint, Person>
}
