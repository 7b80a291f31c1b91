import type { DocumentKind, Fingerprint, IsoTime } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { SigningAnchor } from '@restitute/seal/x509'
import type { Finding } from './findings.ts'

/** Who may sign. Empty: the origin cannot be established, and the verdict says so. */
export interface Trust {
  readonly signers: readonly PublicKey[]
  /** Files with root certificates and revocation lists of time-stamping authorities, PEM or DER; none: no stamp proves anything. */
  readonly authorities?: readonly Uint8Array[]
  /** Who may sign by X.509 as well; nobody: such signatures count for nothing. */
  readonly x509?: readonly SigningAnchor[]
  /** References of the contracts that say so: they have no say in another one. Absent: whoever was named by hand. */
  readonly contracts?: readonly string[]
}

/** A good signature. */
export interface Signer {
  readonly fingerprint: Fingerprint
  /** From the time stamp, which shows that the signature existed then; without one, claimed by the signer. */
  readonly signedAt: IsoTime
  /** The time-stamping authority on whose clock `signedAt` rests; absent: on the word of the signer. */
  readonly authority?: string
  /** The authority's certificates were looked up in revocation lists, the oldest of this moment. */
  readonly listedAt?: IsoTime
  /** By such a list one of them was revoked since, which leaves the stamp good. */
  readonly revokedAt?: IsoTime
  /** User id of the key, subject of the certificate. */
  readonly name?: string
  /** Signed by X.509: `fingerprint` is the SHA-256 of the certificate, which was looked up in a list of that moment, if any. */
  readonly x509?: { readonly listedAt?: IsoTime }
}

/** `origin-unknown`: nothing wrong was found, but nobody was named who may sign. */
export type Verdict = 'valid' | 'invalid' | 'origin-unknown' | 'could-not-check'

/** What a verification came to. Plain sentences in `checked` and `notChecked`: nothing is passed over silently. */
export interface Report {
  readonly kind: 'package' | DocumentKind | 'ledger' | 'bundle'
  readonly verdict: Verdict
  /** Distinct, trusted, in the order of the signature files. */
  readonly signers: readonly Signer[]
  readonly findings: readonly Finding[]
  readonly checked: readonly string[]
  readonly notChecked: readonly string[]
}

/**
 * Any error makes it invalid; what a newer version wrote is not judged; without anyone to trust, the best that can be said is
 * `origin-unknown`.
 */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some((f) => f.severity === 'error')) return 'invalid'
  if (findings.some((f) => f.code === 'newer-version')) return 'could-not-check'
  return findings.some((f) => f.code === 'origin-unknown') ? 'origin-unknown' : 'valid'
}

/** Exit status of a verification: 0 valid, 3 invalid, 4 origin unknown or not checked. */
export function exitOf(report: Report): 0 | 3 | 4 {
  if (report.verdict === 'valid') return 0
  return report.verdict === 'invalid' ? 3 : 4
}
