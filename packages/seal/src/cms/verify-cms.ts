import type { X509Certificate } from 'node:crypto'
import { attempt } from '../attempt.ts'
import { isStrongSignature, strongHash } from '../x509/algorithms.ts'
import { detailsOf, isValidAt, nameOf } from '../x509/certificates.ts'
import { chainTo } from '../x509/chain.ts'
import { revocationOf } from '../x509/revocation.ts'
import { readTrustFile } from '../x509/trust-file.ts'
import { fingerprintOf, type SigningAnchor } from './anchor.ts'
import { type CmsSignature, readCms } from './read-cms.ts'
import { documentSigning, hasSubject, signerProblem } from './signer.ts'

/** What a CMS signature says of itself, once it is good. */
export interface CmsSigner {
  /** SHA-256 of the signer's certificate, lower-case hexadecimal. */
  readonly fingerprint: string
  /** The certificate's subject. */
  readonly name: string
  /** Claimed by the signer. */
  readonly signedAt: Date
  /** The certificate has expired since the moment that it was judged at. */
  readonly expiredSince?: Date
  /** Every certificate below the trusted one was looked up in its issuer's list, which is of this moment or later. */
  readonly listedAt?: Date
}

/**
 * What is known of a CMS signature. Only `good` says that somebody who may has signed these bytes. `why` is a sentence
 * without subject or full stop.
 * - `malformed`: no detached signature by one certificate, or with parts that contradict each other;
 * - `bad`: not of these bytes by that certificate;
 * - `weak`: it uses an algorithm that can be forged;
 * - `unfit`: the certificate is not one to sign documents with;
 * - `outside-life`: the certificate was not valid then;
 * - `revoked`: a list says that it was revoked before, or because its key may have been stolen;
 * - `unknown`: in order by itself, but no trusted certificate vouches for it.
 */
export type CmsVerdict =
  | ({ readonly state: 'good' } & CmsSigner)
  | ({ readonly state: 'unfit' | 'outside-life' | 'revoked' | 'unknown'; readonly why: string } & CmsSigner)
  | { readonly state: 'malformed' | 'bad' | 'weak'; readonly why: string }

/** What {@link verifyCms} is told. */
export interface CmsToVerify {
  /** Detached, PEM or DER: what `openssl cms -sign -outform PEM` writes. */
  readonly signature: Uint8Array
  readonly data: Uint8Array
  readonly anchors: readonly SigningAnchor[]
  /** When the signature is known to have existed (its stamp, or its record); default: as it claims. */
  readonly at?: Date
}

/**
 * Judges a detached X.509 signature (CMS, RFC 5652) at a moment, never by today's date: the signer's certificate is one
 * of the anchors or issued below one, is meant to sign, and was valid then and when it claims to have signed. Any bytes
 * get a verdict; throws `key-unfit` for anchors that are no certificates.
 */
export async function verifyCms(o: CmsToVerify): Promise<CmsVerdict> {
  const cms = attempt(() => readCms(o.signature))
  if (cms === undefined) return { state: 'malformed', why: 'is no detached CMS signature by one certificate' }
  const { signer } = cms
  const isStrong = attempt(() => isStrongSignature(signer.signatureAlgorithm)) ?? false
  if (!isStrong || !strongHash(signer.digestAlgorithm))
    return { state: 'weak', why: 'uses an algorithm that can be forged, or is not known' }
  const anchors = o.anchors.map(anchorOf)
  const leaf = await signerOf(
    cms,
    anchors.map(({ certificate }) => certificate),
    o.data,
  )
  if (leaf === undefined) return { state: 'bad', why: 'is not of these bytes by a certificate that it names' }
  return judged(leaf, cms, anchors, o.at ?? cms.signingTime)
}

interface Anchor extends Pick<SigningAnchor, 'subject'> {
  readonly certificate: X509Certificate
  readonly lists: ReturnType<typeof readTrustFile>['lists']
}

function anchorOf({ certificate, subject, crl }: SigningAnchor): Anchor {
  const [read] = readTrustFile(certificate).certificates
  if (read === undefined) throw new Error('expected a certificate')
  const lists = crl === undefined ? [] : readTrustFile(crl).lists
  return { certificate: read, lists, ...(subject === undefined ? {} : { subject }) }
}

/** The certificate that made the signature; the library looks for the signer by name: it is given no choice. */
async function signerOf(
  { signed, certificates }: CmsSignature,
  known: readonly X509Certificate[],
  data: Uint8Array,
): Promise<X509Certificate | undefined> {
  const buffer = new Uint8Array(data).buffer
  for (const candidate of [...certificates, ...known]) {
    const details = attempt(() => detailsOf(candidate))
    if (details === undefined) continue
    signed.certificates = [details]
    if (await signed.verify({ signer: 0, data: buffer }).catch(() => false)) return candidate
  }
  return undefined
}

async function judged(
  leaf: X509Certificate,
  cms: CmsSignature,
  anchors: readonly Anchor[],
  at: Date,
): Promise<CmsVerdict> {
  const { signingTime, certificates } = cms
  const signer = signerFacts(leaf, signingTime)
  const problem = attempt(() => signerProblem(leaf) ?? '') ?? 'its certificate cannot be read'
  if (problem !== '')
    return { state: 'unfit', why: `is by a certificate that is unfit: ${problem}`, ...signer }
  if (![at, signingTime].every((moment) => isValidAt(leaf, moment)))
    return { state: 'outside-life', why: 'is by a certificate that was not valid then', ...signer }
  for (const anchor of anchors) {
    const chain = chainUnder(leaf, anchor, certificates, at)
    if (chain === undefined) continue
    const { void: why, listedAt } = await revocationOf(chain, anchor.lists, at)
    if (why !== undefined) return { state: 'revoked', why, ...signer }
    return { state: 'good', ...signer, ...(listedAt === undefined ? {} : { listedAt }) }
  }
  return { state: 'unknown', why: 'is by a certificate for which nobody vouches', ...signer }
}

function signerFacts(leaf: X509Certificate, signedAt: Date): CmsSigner {
  const expired = leaf.validToDate < new Date() ? { expiredSince: leaf.validToDate } : {}
  return { fingerprint: fingerprintOf(leaf), name: nameOf(leaf), signedAt, ...expired }
}

/** The chain to an anchor: the certificate itself, or one below an authority with the subject that was agreed. */
function chainUnder(
  leaf: X509Certificate,
  { certificate, subject }: Anchor,
  candidates: readonly X509Certificate[],
  at: Date,
): readonly X509Certificate[] | undefined {
  if (leaf.fingerprint256 === certificate.fingerprint256) return [leaf]
  if (subject === undefined || Object.keys(subject).length === 0 || !hasSubject(leaf, subject))
    return undefined
  return chainTo(leaf, [certificate], candidates, { at, purposes: documentSigning })
}
