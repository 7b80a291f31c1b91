import { isoTime } from '@restitute/core'
import type { CmsVerdict } from '@restitute/seal/x509'
import { type Finding, type FindingCode, finding } from './findings.ts'
import type { SignatureFile } from './judge-signatures.ts'
import type { Signer, Trust } from './report.ts'
import { claimFinding, judgeStamp } from './stamps.ts'

/** Signatures by X.509, judged. */
export interface JudgedX509 {
  readonly signers: readonly Signer[]
  readonly findings: readonly Finding[]
  /** Good ones by certificates for which nobody vouches; whether that matters depends on the others. */
  readonly strangers: readonly Stranger[]
}

/** A signature in order by itself. */
export interface Stranger {
  readonly file: string
  readonly by: string
}

/** Whether a signature file is one by X.509 (CMS). */
export function isX509({ name }: SignatureFile): boolean {
  return name.endsWith('.p7s')
}

/** Judges each at the time of its stamp where a trusted authority made one, else at the time that its signer claims. */
export async function judgeX509(
  data: Uint8Array,
  files: readonly SignatureFile[],
  trust: Trust,
): Promise<JudgedX509> {
  const signers: Signer[] = []
  const findings: Finding[] = []
  const strangers: Stranger[] = []
  for (const file of files) {
    const { verifyCms } = await import('@restitute/seal/x509')
    const { stamped, findings: stamps } = await judgeStamp(file, trust.authorities ?? [])
    findings.push(...stamps)
    const at = stamped === undefined ? {} : { at: stamped.time }
    const verdict = await verifyCms({ signature: file.bytes, data, anchors: trust.x509 ?? [], ...at })
    const claimed = 'signedAt' in verdict ? verdict.signedAt : undefined
    findings.push(...problemIn(file.name, verdict), ...claimFinding(file.name, claimed, stamped))
    if (verdict.state === 'unknown')
      strangers.push({ file: file.name, by: `${verdict.name} (${verdict.fingerprint})` })
    if (verdict.state !== 'good') continue
    const { fingerprint, name, listedAt } = verdict
    const time = stamped
      ? { signedAt: isoTime(stamped.time), authority: stamped.authority }
      : { signedAt: isoTime(verdict.signedAt) }
    const x509 = listedAt === undefined ? {} : { listedAt: isoTime(listedAt) }
    signers.push({ fingerprint, name, x509, ...time })
  }
  return { signers, findings, strangers }
}

const codes: Readonly<Record<Exclude<CmsVerdict['state'], 'good' | 'unknown'>, FindingCode>> = {
  malformed: 'signature-bad',
  bad: 'signature-bad',
  weak: 'weak-signature',
  unfit: 'signer-unfit',
  'outside-life': 'signer-outside-life',
  revoked: 'signer-unfit',
}

function problemIn(file: string, verdict: CmsVerdict): Finding[] {
  if (verdict.state === 'unknown') return []
  if (verdict.state !== 'good') {
    const got = 'fingerprint' in verdict ? { got: verdict.fingerprint } : {}
    return [finding(codes[verdict.state], file, `the X.509 signature ${verdict.why}`, got)]
  }
  if (verdict.expiredSince === undefined) return []
  const { fingerprint, expiredSince } = verdict
  return [
    finding(
      'key-expired-since',
      file,
      `certificate ${fingerprint} was valid when it signed and expired on ${isoTime(expiredSince)}`,
    ),
  ]
}

/** What was looked at in X.509 signatures: sentences. */
export function x509Checked(signers: readonly Signer[]): string[] {
  return signers.flatMap(({ name, fingerprint, signedAt, x509 }) => {
    if (x509 === undefined) return []
    const listed = x509.listedAt === undefined ? '' : `, not revoked by the list of ${x509.listedAt}`
    return [
      `the X.509 signature of ${name ?? fingerprint}: chain to a certificate that the contract names, valid at ${signedAt}, meant to sign, strong enough${listed}`,
    ]
  })
}

/** What must be believed of them all the same: sentences. */
export function x509NotChecked(signers: readonly Signer[]): string[] {
  const unlisted = signers.filter(({ x509 }) => x509 !== undefined && x509.listedAt === undefined)
  return unlisted.map(
    ({ name, fingerprint }) =>
      `whether the certificate of ${name ?? fingerprint} was revoked: the contract gives no list that says so`,
  )
}
