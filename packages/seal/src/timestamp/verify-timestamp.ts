import { createHash, type X509Certificate } from 'node:crypto'
import type { CertificateRevocationList, TSTInfo } from 'pkijs'
import { attempt } from '../attempt.ts'
import { isStrongSignature, strongHash } from '../x509/algorithms.ts'
import { authorityProblem, detailsOf, isValidAt, nameOf, timeStamping } from '../x509/certificates.ts'
import { chainTo } from '../x509/chain.ts'
import { revocationOf } from '../x509/revocation.ts'
import { readTrustFile } from '../x509/trust-file.ts'
import { type Reply, readReply, type Token } from './reply.ts'
import { namedCertificates } from './signer-certificate.ts'

/** What a token says, once its signature is good. */
export interface Stamped {
  /** When the authority had the data before it. */
  readonly time: Date
  /** Name of the authority, from its certificate. */
  readonly authority: string
  /** Of the token, hexadecimal. */
  readonly serial: string
  /**
   * Every certificate of the authority was looked up in a revocation list, the oldest of which is of this moment; absent:
   * it was not.
   */
  readonly listedAt?: Date
  /** By such a list a certificate was revoked later than the stamp, for a reason that leaves it good. */
  readonly revokedAt?: Date
}

/**
 * What is known of a time stamp. Only `good` proves that the data existed at `time`. `why` is a sentence without
 * subject or full stop.
 * - `untrusted`: in order by itself, but no chain leads from its authority to a trusted root;
 * - `malformed`: not a reply of a time-stamping authority, or with parts that contradict each other;
 * - `not-granted`: the authority refused;
 * - `other-data`: a stamp of something else;
 * - `bad-signature`: not made by the authority whose certificate it names;
 * - `weak`: it uses an algorithm that can be forged;
 * - `revoked`: a list says that a certificate was revoked before, or because its key was or may have been stolen;
 * - `authority-unfit`: the certificate was not valid then, or is not one for time stamping.
 */
export type TimestampVerdict =
  | ({ readonly state: 'good' } & Stamped)
  | ({ readonly state: 'untrusted'; readonly why: string } & Stamped)
  | {
      readonly state:
        | 'malformed'
        | 'not-granted'
        | 'other-data'
        | 'bad-signature'
        | 'weak'
        | 'revoked'
        | 'authority-unfit'
      readonly why: string
    }

/** What {@link verifyTimestamp} is told. */
export interface TimestampToVerify {
  /** The authority's reply, TimeStampResp in DER: a `.tsr` file. */
  readonly token: Uint8Array
  readonly data: Uint8Array
  /** Files of trusted certificates and of revocation lists, PEM or DER. */
  readonly roots: readonly Uint8Array[]
}

/**
 * Judges an RFC 3161 time stamp over `data`, at the time that it states and never by today's date: it stays good
 * when the authority's certificates have expired. Whether one was revoked is looked up in the lists given, and nowhere
 * else. Any bytes get a verdict; throws `key-unfit` for roots that are neither.
 */
export async function verifyTimestamp(o: TimestampToVerify): Promise<TimestampVerdict> {
  const files = o.roots.map(readTrustFile)
  const roots = files.flatMap(({ certificates }) => certificates)
  const lists = files.flatMap((file) => file.lists)
  const reply = attempt(() => readReply(o.token))
  if (reply === undefined) return { state: 'malformed', why: 'is no reply of a time-stamping authority' }
  if (reply.token === undefined || !isGranted(reply)) {
    return { state: 'not-granted', why: 'is a refusal of the authority' }
  }
  try {
    return (await problemOf(reply.token, o.data, roots)) ?? (await trusted(reply.token, roots, lists))
  } catch {
    return { state: 'malformed', why: 'holds a certificate that cannot be read' }
  }
}

/** Whether the authority gave the stamp, as asked or with changes (RFC 3161 §2.4.2). */
export function isGranted({ status }: Reply): boolean {
  return status === 0 || status === 1
}

async function problemOf(
  token: Token,
  data: Uint8Array,
  roots: readonly X509Certificate[],
): Promise<TimestampVerdict | undefined> {
  const { signer, info, signed } = token
  const isStrong = attempt(() => isStrongSignature(signer.signatureAlgorithm)) ?? false
  if (!isStrong || !strongHash(signer.digestAlgorithm) || !strongHash(info.messageImprint.hashAlgorithm)) {
    return { state: 'weak', why: 'uses an algorithm that can be forged, or is not known' }
  }
  if (!isImprintOf(info, data)) return { state: 'other-data', why: 'is of something else' }
  const named = attempt(() => namedCertificates(token, roots))
  if (info.version !== 1 || hasStrangeExtension(info) || named === undefined) {
    return { state: 'malformed', why: 'has parts that are missing or contradict each other' }
  }
  // The library looks for the signer by name: it is given no choice.
  signed.certificates = [detailsOf(named[0])]
  const buffer = new Uint8Array(data).buffer
  const isGood = await signed.verify({ signer: 0, data: buffer }).catch(() => false)
  if (!isGood) return { state: 'bad-signature', why: 'is not signed by the certificate that it names' }
  const problem = isValidAt(named[0], info.genTime)
    ? authorityProblem(named[0])
    : 'its certificate was not valid at that time'
  return problem === undefined ? undefined : { state: 'authority-unfit', why: problem }
}

/** Whether the token was made for these bytes. */
export function isImprintOf({ messageImprint }: TSTInfo, data: Uint8Array): boolean {
  const hash = strongHash(messageImprint.hashAlgorithm)
  const imprint = messageImprint.hashedMessage.valueBlock.valueHexView
  return hash !== undefined && createHash(hash).update(data).digest().equals(imprint)
}

function hasStrangeExtension({ extensions = [] }: TSTInfo): boolean {
  return extensions.some(({ critical }) => critical)
}

async function trusted(
  token: Token,
  roots: readonly X509Certificate[],
  lists: readonly CertificateRevocationList[],
): Promise<TimestampVerdict> {
  const [leaf, ...others] = namedCertificates(token, roots)
  const { genTime, serialNumber } = token.info
  const serial = Buffer.from(serialNumber.valueBlock.valueHexView).toString('hex')
  const stamped: Stamped = { time: genTime, authority: nameOf(leaf), serial }
  const chain = chainTo(leaf, roots, token.certificates, { at: genTime, purposes: [timeStamping] })
  const has = (one: X509Certificate): boolean =>
    chain?.some(({ fingerprint256 }) => fingerprint256 === one.fingerprint256) ?? false
  if (chain === undefined || !others.every(has))
    return { state: 'untrusted', why: 'leads to no trusted certificate that was valid then', ...stamped }
  const { void: why, ...revocation } = await revocationOf(chain, lists, genTime)
  return why === undefined ? { state: 'good', ...stamped, ...revocation } : { state: 'revoked', why }
}
