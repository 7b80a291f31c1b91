import { createHash, type X509Certificate } from 'node:crypto'
import { type BaseBlock, OctetString } from 'asn1js'
import { AlgorithmIdentifier, type SignerInfo } from 'pkijs'
import { strongHash } from '../x509/algorithms.ts'
import { childrenOf } from '../x509/asn1.ts'
import { attributesOf, checkContentAttributes, onlyValue } from '../x509/signed-attributes.ts'
import type { Token } from './reply.ts'

const signingCertificate = '1.2.840.113549.1.9.16.2.12'
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47'

/**
 * The certificates that the signed attributes name (ESSCertID, RFC 5035; by SHA-1 in its first version, which RFC
 * 5816 still allows), the signer's first: only that one can have made the signature, whatever else the token
 * carries. Throws when the attributes are not those of a time stamp, or name a certificate that is neither in the
 * token nor among `known`.
 */
export function namedCertificates(
  { signed, signer, certificates }: Token,
  known: readonly X509Certificate[],
): readonly [signer: X509Certificate, ...others: X509Certificate[]] {
  checkContentAttributes(signer, signed.encapContentInfo.eContentType)
  const [first, ...rest] = namesIn(signer).map((name) => find(name, [...certificates, ...known]))
  if (first === undefined) throw new Error('the signed attributes name no certificate')
  return [first, ...rest]
}

/** A digest by which a certificate is named. */
interface Name {
  readonly hash: string
  readonly digest: Uint8Array
}

/** SEQUENCE { certs SEQUENCE OF ESSCertID, … } in either version; where both are there, the stronger counts. */
function namesIn(signer: SignerInfo): Name[] {
  const isV2 = attributesOf(signer).some(({ type }) => type === signingCertificateV2)
  const [list] = childrenOf(onlyValue(signer, isV2 ? signingCertificateV2 : signingCertificate))
  return childrenOf(list).map((id) => nameIn(childrenOf(id), isV2))
}

/** ESSCertIDv2 has an algorithm before the digest unless that is SHA-256; the first version has SHA-1 alone. */
function nameIn([first, second]: readonly BaseBlock[], isV2: boolean): Name {
  if (first instanceof OctetString) {
    return { hash: isV2 ? 'sha256' : 'sha1', digest: first.valueBlock.valueHexView }
  }
  const hash = isV2 && first ? strongHash(new AlgorithmIdentifier({ schema: first })) : undefined
  if (hash !== undefined && second instanceof OctetString) {
    return { hash, digest: second.valueBlock.valueHexView }
  }
  throw new Error('a certificate is named in no known way')
}

function find({ hash, digest }: Name, all: readonly X509Certificate[]): X509Certificate {
  const found = all.find(({ raw }) => createHash(hash).update(raw).digest().equals(digest))
  if (found === undefined) throw new Error('a certificate that the signed attributes name is not there')
  return found
}
