import type { X509Certificate } from 'node:crypto'
import { GeneralizedTime, UTCTime } from 'asn1js'
import { ContentInfo, SignedData, type SignerInfo } from 'pkijs'
import { certificatesIn, parsed } from '../x509/asn1.ts'
import { checkContentAttributes, onlyValue } from '../x509/signed-attributes.ts'

/** A detached signature by one X.509 certificate (CMS SignedData, RFC 5652), taken apart; nothing in it is checked yet. */
export interface CmsSignature {
  readonly signed: SignedData
  /** The only signer. */
  readonly signer: SignerInfo
  /** As they came. */
  readonly certificates: readonly X509Certificate[]
  /** Claimed by the signer. */
  readonly signingTime: Date
}

const signedDataId = '1.2.840.113549.1.7.2'
const dataId = '1.2.840.113549.1.7.1'
const signingTimeId = '1.2.840.113549.1.9.5'
const block = /-----BEGIN (CMS|PKCS7)-----([A-Za-z0-9+/=\s]*?)-----END \1-----/g

/**
 * Takes a signature file apart, PEM or DER. Throws any error for what is no detached signature of plain data by exactly
 * one signer who has signed its type, its digest and the time.
 */
export function readCms(bytes: Uint8Array): CmsSignature {
  const { contentType, content } = new ContentInfo({ schema: parsed(derOf(bytes)) })
  if (contentType !== signedDataId) throw new Error('it is not signed data')
  // Before the library reads the members out of the tree and forgets their bytes.
  const certificates = certificatesIn(content)
  const signed = new SignedData({ schema: content })
  const { eContentType, eContent } = signed.encapContentInfo
  if (eContent !== undefined)
    throw new Error('it brings a content of its own: a detached signature is expected')
  if (eContentType !== dataId) throw new Error('it is a signature of something else than plain data')
  const [signer, ...others] = signed.signerInfos
  if (signer === undefined || others.length > 0) throw new Error('expected exactly one signer')
  checkContentAttributes(signer, eContentType)
  return { signed, signer, certificates, signingTime: signingTimeOf(signer) }
}

function derOf(bytes: Uint8Array): Uint8Array {
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(block)]
  const [first, ...others] = blocks
  if (first === undefined) return bytes
  if (others.length > 0) throw new Error('expected one signature')
  return new Uint8Array(Buffer.from(first[2] ?? '', 'base64'))
}

function signingTimeOf(signer: SignerInfo): Date {
  const value = onlyValue(signer, signingTimeId)
  const isTime = value instanceof UTCTime || value instanceof GeneralizedTime
  const time = isTime ? value.toDate() : new Date(Number.NaN)
  if (Number.isNaN(time.getTime())) throw new Error('its signing time cannot be read')
  return time
}
