import type { X509Certificate } from 'node:crypto'
import { OctetString } from 'asn1js'
import { type ContentInfo, SignedData, type SignerInfo, TimeStampResp, TSTInfo } from 'pkijs'
import { certificatesIn, parsed } from '../x509/asn1.ts'

/** An authority's reply (TimeStampResp), taken apart; nothing in it is checked yet. */
export interface Reply {
  /** 0 and 1 mean granted (RFC 3161 §2.4.2). */
  readonly status: number
  /** Absent when the authority refused. */
  readonly token?: Token
}

/** A time-stamp token: a TSTInfo, signed. */
export interface Token {
  readonly info: TSTInfo
  readonly signed: SignedData
  /** The only signer. */
  readonly signer: SignerInfo
  /** As they came: their bytes are what is signed and what is pinned. */
  readonly certificates: readonly X509Certificate[]
}

const signedDataId = '1.2.840.113549.1.7.2'
const timeStampInfoId = '1.2.840.113549.1.9.16.1.4'

/** Takes a reply apart. Throws any error for what is none, is too large or has anything behind it. */
export function readReply(bytes: Uint8Array): Reply {
  const { status, timeStampToken } = new TimeStampResp({ schema: parsed(bytes) })
  if (timeStampToken === undefined) return { status: status.status }
  return { status: status.status, token: tokenOf(timeStampToken) }
}

function tokenOf({ contentType, content }: ContentInfo): Token {
  if (contentType !== signedDataId) throw new Error('the token is not signed data')
  // Before the library reads the members out of the tree and forgets their bytes.
  const certificates = certificatesIn(content)
  const signed = new SignedData({ schema: content })
  const [signer, ...others] = signed.signerInfos
  if (signer === undefined || others.length > 0) throw new Error('expected exactly one signer')
  return { info: infoOf(signed), signed, signer, certificates }
}

function infoOf({ encapContentInfo: { eContentType, eContent } }: SignedData): TSTInfo {
  if (eContentType !== timeStampInfoId || !(eContent instanceof OctetString)) {
    throw new Error('the token holds no time-stamp information')
  }
  return new TSTInfo({ schema: parsed(new Uint8Array(eContent.getValue())) })
}
