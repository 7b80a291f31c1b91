import { X509Certificate } from 'node:crypto'
import { type BaseBlock, Constructed, fromBER } from 'asn1js'

/** Largest reply or signature that is read, in bytes; real ones have some thousand. */
export const maxSignedBytes: number = 64 * 1024

const maxCertificates = 16

/** One ASN.1 value that fills the bytes. Throws any error for what is none, is too large or has anything behind it. */
export function parsed(bytes: Uint8Array): BaseBlock {
  if (bytes.length > maxSignedBytes) throw new Error(`expected at most ${maxSignedBytes} bytes`)
  const { offset, result } = fromBER(bytes)
  if (offset !== bytes.length) throw new Error('not one ASN.1 value')
  return result
}

/** The certificates that a SignedData (RFC 5652) carries, as they came: their bytes are what is signed and pinned. */
export function certificatesIn(signedData: BaseBlock): X509Certificate[] {
  const members = childrenOf(signedData)
  const set = members.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0)
  const all = set === undefined ? [] : childrenOf(set)
  if (all.length > maxCertificates) throw new Error(`expected at most ${maxCertificates} certificates`)
  return all.map((one) => new X509Certificate(one.valueBeforeDecodeView))
}

/** The members of a SEQUENCE, SET or explicit tag; none for anything else. */
export function childrenOf(block: BaseBlock | undefined): BaseBlock[] {
  return block instanceof Constructed ? block.valueBlock.value : []
}
