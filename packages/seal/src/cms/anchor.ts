import type { X509Certificate } from 'node:crypto'
import { attempt } from '../attempt.ts'
import { readTrustFile } from '../x509/trust-file.ts'
import { signerProblem } from './signer.ts'

/** Who may sign by X.509: one certificate as it is, or whom an authority names so. */
export interface SigningAnchor {
  /** File of one certificate, PEM or DER. */
  readonly certificate: Uint8Array
  /** Where it is an authority's: attributes of the subject that a signer's certificate must have. Without any, nobody. */
  readonly subject?: Readonly<Record<string, string>>
  /** File of a revocation list of that authority, PEM or DER. */
  readonly crl?: Uint8Array
}

/** SHA-256 of a certificate, lower-case hexadecimal. */
export function fingerprintOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase()
}

/**
 * Why nobody can sign by this anchor, whose certificate must have that fingerprint: English, lower case, no full stop.
 * Undefined when somebody can.
 */
export function anchorProblem(
  { certificate, subject }: SigningAnchor,
  fingerprint: string,
): string | undefined {
  const [found, ...others] = attempt(() => readTrustFile(certificate).certificates) ?? []
  if (found === undefined || others.length > 0) return 'expected exactly one certificate'
  const got = fingerprintOf(found)
  if (got !== fingerprint) return `the file holds another certificate: expected ${fingerprint}, got ${got}`
  if (!found.ca) return attempt(() => signerProblem(found) ?? '') || undefined
  return subject === undefined
    ? 'it is that of an authority: name by subject: whom of those that it certifies signs for the client'
    : undefined
}
