import { X509Certificate } from 'node:crypto'
import { RestituteError } from '@restitute/core'
import { fromBER } from 'asn1js'
import { CertificateRevocationList } from 'pkijs'

/** What a file says of an authority: certificates that are trusted, and lists of certificates that were revoked. */
export interface TrustFile {
  readonly certificates: readonly X509Certificate[]
  readonly lists: readonly CertificateRevocationList[]
}

const maxParts = 64
/** Largest revocation list that is read, in bytes. */
export const maxListBytes: number = 8 * 1024 * 1024
const blocks = /-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]*?)-----END \1-----/g

/**
 * Reads certificates and revocation lists (RFC 5280), PEM (one or several) or one in DER. Throws `key-unfit` when there
 * is none or more than 64, or one cannot be read.
 */
export function readTrustFile(bytes: Uint8Array): TrustFile {
  const parts = [...Buffer.from(bytes).toString('latin1').matchAll(blocks)]
  if (parts.length > maxParts) throw unfit(`expected at most ${maxParts}, got ${parts.length}`)
  if (parts.length === 0) return readDer(bytes)
  const of = (label: string): Buffer[] =>
    parts.filter((part) => part[1] === label).map((part) => Buffer.from(part[2] ?? '', 'base64'))
  try {
    return {
      certificates: of('CERTIFICATE').map((der) => new X509Certificate(der)),
      lists: of('X509 CRL').map(listIn),
    }
  } catch (cause) {
    throw unfit('one cannot be read', cause)
  }
}

function readDer(bytes: Uint8Array): TrustFile {
  try {
    return { certificates: [new X509Certificate(Buffer.from(bytes))], lists: [] }
  } catch (cause) {
    try {
      return { certificates: [], lists: [listIn(bytes)] }
    } catch {
      throw unfit('there is none', cause)
    }
  }
}

function listIn(der: Uint8Array): CertificateRevocationList {
  if (der.length > maxListBytes) throw new Error(`expected at most ${maxListBytes} bytes`)
  const { offset, result } = fromBER(new Uint8Array(der))
  if (offset !== der.length) throw new Error('not one ASN.1 value')
  return new CertificateRevocationList({ schema: result })
}

function unfit(why: string, cause?: unknown): RestituteError {
  const message = `certificate: expected X.509 certificates or revocation lists as PEM or DER: ${why}`
  return new RestituteError('key-unfit', message, cause === undefined ? {} : { cause })
}
