import { isoTime } from '@restitute/core'
import type { Stamped } from '@restitute/seal/x509'
import { type Finding, finding } from './findings.ts'
import type { SignatureFile } from './judge-signatures.ts'
import type { Signer } from './report.ts'

/** What the time stamp beside a signature file proves: the stamp itself when it is good and trusted. */
export interface JudgedStamp {
  readonly stamped?: Stamped
  readonly findings: readonly Finding[]
}

/**
 * Judges the stamp of a signature file, if it has one, by the certificates of trusted authorities. One that is in
 * order but of an unknown authority proves nothing and spoils nothing.
 */
export async function judgeStamp(
  { name, bytes, stamp }: SignatureFile,
  authorities: readonly Uint8Array[],
): Promise<JudgedStamp> {
  if (stamp === undefined) return { findings: [] }
  const { verifyTimestamp } = await import('@restitute/seal/x509')
  const verdict = await verifyTimestamp({ token: stamp, data: bytes, roots: authorities })
  if (verdict.state === 'good') return { stamped: verdict, findings: [] }
  const subject = `${name}.tsr`
  if (verdict.state !== 'untrusted') {
    return { findings: [finding('stamp-invalid', subject, `this time stamp ${verdict.why}`)] }
  }
  const message = `stamped at ${isoTime(verdict.time)} by ${verdict.authority}, for whom nobody vouches`
  return { findings: [finding('stamp-untrusted', subject, message, { got: verdict.authority })] }
}

// Clocks differ: less than this says nothing.
const toleranceMs = 5 * 60_000

/** That a signer claims a time at which the signature had long been stamped. */
export function claimFinding(
  file: string,
  claimed: Date | undefined,
  stamped: Stamped | undefined,
): Finding[] {
  if (!claimed || !stamped || claimed.getTime() <= stamped.time.getTime() + toleranceMs) return []
  const compared = { expected: `${isoTime(stamped.time)} or before`, got: isoTime(claimed) }
  return [finding('signing-time-false', file, 'the signer claims a time after that of the stamp', compared)]
}

/** Sentences about the times that rest on the clock of an authority. */
export function timesChecked(signers: readonly Signer[]): string[] {
  return signers.flatMap((signer) => {
    const { name, fingerprint, signedAt, authority } = signer
    if (authority === undefined) return []
    const sentence = `the signature of ${name ?? fingerprint} existed at ${signedAt}, by the clock of ${authority}`
    return [`${sentence}${revocationOf(signer)}`]
  })
}

function revocationOf({ listedAt, revokedAt }: Signer): string {
  if (revokedAt !== undefined) return `, whose certificate was revoked at ${revokedAt}, after that`
  return listedAt === undefined ? '' : `, whose certificate was not revoked by the list of ${listedAt}`
}

/** Sentences about what must be believed of times all the same. */
export function timesNotChecked(signers: readonly Signer[]): string[] {
  const stamped = signers.filter(({ authority }) => authority !== undefined)
  const claimed = 'signing times are those claimed by the signers'
  if (stamped.length === 0) return [claimed]
  const rest = stamped.length < signers.length ? [`without a time stamp, ${claimed}`] : []
  return [...rest, ...revocationNotChecked(stamped)]
}

/** A list says nothing of what happened after it was made. */
function revocationNotChecked(stamped: readonly Signer[]): string[] {
  const dates = stamped.flatMap(({ listedAt }) => listedAt ?? [])
  if (dates.length < stamped.length) {
    return [
      'revocation was not checked: no list of the time-stamping authority says whether its certificate was revoked',
    ]
  }
  const [oldest] = dates.toSorted((a, b) => (a < b ? -1 : 1))
  return [
    `whether a certificate of the time-stamping authority was revoked after its list of ${oldest ?? ''}`,
  ]
}
