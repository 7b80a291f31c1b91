import { isoTime } from '@restitute/core'
import { isTidySignature, type PublicKey, type SignatureVerdict, verifyDetached } from '@restitute/seal'
import type { Stamped } from '@restitute/seal/x509'
import { type Finding, finding } from './findings.ts'
import { isX509, judgeX509, type Stranger } from './judge-x509.ts'
import type { Signer, Trust } from './report.ts'
import { claimFinding, judgeStamp } from './stamps.ts'

/** A detached signature file. */
export interface SignatureFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** The file `<name>.tsr` beside it: an RFC 3161 time stamp of `bytes`. */
  readonly stamp?: Uint8Array
}

/** Who has signed, and what is wrong with signatures. */
export interface Judged {
  readonly signers: readonly Signer[]
  readonly findings: readonly Finding[]
}

interface Judgement {
  readonly file: string
  /** The file is as programs write it, see `isTidySignature`. */
  readonly tidy: boolean
  readonly verdict: SignatureVerdict
  readonly stamped: Stamped | undefined
}

/**
 * Judges detached signatures over `data` by those who may sign, each at its signing time: the time of its stamp
 * where a trusted authority made one, else the time claimed by the signer. `quorum` distinct persons must have
 * signed. `strangers` are keys that came with the document: with nobody to trust they serve to
 * tell a wrong signature from one whose origin is merely unknown. No signature at all is never a success.
 */
export async function judgeSignatures(o: {
  readonly subject: string
  readonly data: Uint8Array
  readonly files: readonly SignatureFile[]
  readonly trust: Trust
  readonly quorum: number
  readonly strangers?: readonly PublicKey[]
}): Promise<Judged> {
  const trusting = o.trust.signers.length > 0 || (o.trust.x509 ?? []).length > 0
  const keys = trusting ? o.trust.signers : (o.strangers ?? [])
  const x509 = await judgeX509(o.data, o.files.filter(isX509), o.trust)
  const { judgements, stamps } = await judgeAll(
    { ...o, files: o.files.filter((file) => !isX509(file)) },
    keys,
  )
  const wrong = [...stamps, ...judgements.flatMap(problems), ...x509.findings]
  if (o.files.length === 0)
    return { signers: [], findings: [finding('signature-missing', o.subject, 'nobody has signed it')] }
  if (!trusting)
    return { signers: [], findings: [...wrong, ...origins(o.subject, judgements, x509.strangers)] }
  const own = judgements.flatMap((judgement) => signerOf(judgement, keys))
  const signers = distinct([...own, ...x509.signers])
  const tooFew = signers.length < o.quorum
  const found = [
    ...wrong,
    ...unknown(judgements, tooFew),
    ...x509.strangers.map((one) => stranger(one, tooFew)),
  ]
  return { signers, findings: [...found, ...missing(o, signers, found)] }
}

async function judgeAll(
  o: { readonly data: Uint8Array; readonly files: readonly SignatureFile[]; readonly trust: Trust },
  keys: readonly PublicKey[],
): Promise<{ readonly judgements: readonly Judgement[]; readonly stamps: readonly Finding[] }> {
  const judgements: Judgement[] = []
  const stamps: Finding[] = []
  for (const file of o.files) {
    const { stamped, findings } = await judgeStamp(file, o.trust.authorities ?? [])
    stamps.push(...findings)
    const verdicts = await verifyDetached(o.data, file.bytes, keys, new Date(), stamped?.time)
    const all: readonly SignatureVerdict[] = verdicts.length === 0 ? [{ state: 'bad', keyId: '' }] : verdicts
    const tidy = await isTidySignature(file.bytes)
    judgements.push(...all.map((verdict) => ({ file: file.name, tidy, verdict, stamped })))
  }
  return { judgements, stamps }
}

function problems({ file, tidy, verdict, stamped }: Judgement): Finding[] {
  return [
    ...stateProblem(file, verdict, stamped),
    ...claimFinding(file, verdict.signedAt, stamped),
    ...(verdict.state === 'good' && !tidy ? [formProblem(file)] : []),
    ...nameProblem(file, verdict),
    ...expiry(file, verdict),
  ]
}

function formProblem(file: string): Finding {
  const message =
    'the signature is good, but its file was changed where no signature covers it, or holds more'
  return finding('signature-file-altered', file, message)
}

function stateProblem(
  file: string,
  { state, fingerprint, keyId, signedAt }: SignatureVerdict,
  stamped: Stamped | undefined,
): Finding[] {
  const by = fingerprint ?? keyId
  const at = `at ${signedAt ? isoTime(signedAt) : 'no known time'}`
  const time = stamped ? `and stamped at ${isoTime(stamped.time)} (it claims ${at})` : at
  switch (state) {
    case 'bad':
      return [
        finding('signature-bad', file, 'not a good signature of these bytes', by === '' ? {} : { got: by }),
      ]
    case 'outside-key-life':
      return [finding('signer-outside-life', file, `signed by ${by} ${time}, when the key was not valid`)]
    case 'weak':
      return [finding('weak-signature', file, `signed by ${by} with an algorithm below the policy`)]
    case 'good':
    case 'unknown-key':
      return []
  }
}

function nameProblem(file: string, { fingerprint }: SignatureVerdict): Finding[] {
  const named = /\.([0-9a-f]{40,64})\.asc$/.exec(file)?.[1]
  if (named === undefined || fingerprint === undefined || named === fingerprint) return []
  return [
    finding('signature-misnamed', file, 'made by another key than its name says', {
      expected: named,
      got: fingerprint,
    }),
  ]
}

function expiry(file: string, { state, keyExpiredSince, fingerprint = '' }: SignatureVerdict): Finding[] {
  if (state !== 'good' || keyExpiredSince === undefined) return []
  return [
    finding(
      'key-expired-since',
      file,
      `key ${fingerprint} was valid when it signed and expired on ${isoTime(keyExpiredSince)}`,
    ),
  ]
}

/** Without anyone to trust: who says to have signed. */
function origins(
  subject: string,
  judgements: readonly Judgement[],
  strangers: readonly Stranger[],
): Finding[] {
  const byCertificate = strangers.map(({ by }) =>
    finding('origin-unknown', subject, `signed by X.509 as ${by}, for whom nobody vouches`, { got: by }),
  )
  const byKey = judgements
    .filter(({ verdict }) => verdict.state === 'good' || verdict.state === 'unknown-key')
    .map(({ verdict: { fingerprint, keyId, state } }) => {
      const by = fingerprint ?? keyId
      const fits = state === 'good' ? 'fits its bytes' : 'cannot be checked without that key'
      return finding(
        'origin-unknown',
        subject,
        `signed by ${by}, for whom nobody vouches; the signature ${fits}`,
        { got: by },
      )
    })
  return [...byKey, ...byCertificate]
}

function signerOf({ verdict, stamped }: Judgement, keys: readonly PublicKey[]): Signer[] {
  const { state, fingerprint, signedAt } = verdict
  if (state !== 'good' || fingerprint === undefined || signedAt === undefined) return []
  const name = keys.find((key) => key.fingerprint === fingerprint)?.userId
  const time = stamped
    ? { signedAt: isoTime(stamped.time), authority: stamped.authority, ...revocationIn(stamped) }
    : { signedAt: isoTime(signedAt) }
  return [{ fingerprint, ...time, ...(name === undefined ? {} : { name }) }]
}

function revocationIn({ listedAt, revokedAt }: Stamped): Pick<Signer, 'listedAt' | 'revokedAt'> {
  return {
    ...(listedAt === undefined ? {} : { listedAt: isoTime(listedAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: isoTime(revokedAt) }),
  }
}

function distinct(signers: readonly Signer[]): Signer[] {
  return [
    ...new Map(signers.toReversed().map((signer) => [signer.fingerprint, signer])).values(),
  ].toReversed()
}

function unknown(judgements: readonly Judgement[], needed: boolean): Finding[] {
  return judgements
    .filter(({ verdict }) => verdict.state === 'unknown-key')
    .map(({ file, verdict: { keyId } }) =>
      needed
        ? finding('signer-unknown', file, `signed by a stranger (key ${keyId})`, { got: keyId })
        : finding('signature-extra', file, `signed by an unknown key (${keyId}) beside those who may`, {
            got: keyId,
          }),
    )
}

function stranger({ file, by }: Stranger, needed: boolean): Finding {
  return needed
    ? finding('signer-unknown', file, `signed by X.509 as ${by}, a stranger`, { got: by })
    : finding('signature-extra', file, `signed by X.509 as ${by}, beside those who may`, { got: by })
}

function missing(
  o: { readonly subject: string; readonly quorum: number },
  signers: readonly Signer[],
  found: readonly Finding[],
): Finding[] {
  if (signers.length >= o.quorum) return []
  const compared = { expected: o.quorum, got: signers.length }
  if (signers.length > 0)
    return [finding('quorum-missing', o.subject, 'too few distinct persons have signed', compared)]
  return found.some(({ severity }) => severity === 'error')
    ? []
    : [finding('signature-missing', o.subject, 'no good signature by anyone who may sign', compared)]
}
