import { type BaseBlock, ObjectIdentifier } from 'asn1js'
import type { Attribute, SignerInfo } from 'pkijs'

const contentType = '1.2.840.113549.1.9.3'
const messageDigest = '1.2.840.113549.1.9.4'

/**
 * That the signed attributes (RFC 5652 §5.3) name the content's type and digest, each once. Whether the digest is that
 * of the content is compared when the signature is checked; a second one would be overlooked there. Throws any error.
 */
export function checkContentAttributes(signer: SignerInfo, eContentType: string): void {
  const value = onlyValue(signer, contentType)
  const isSame = value instanceof ObjectIdentifier && value.valueBlock.toString() === eContentType
  if (!isSame) throw new Error('the signed content type is not that of the content')
  onlyValue(signer, messageDigest)
}

/** The value of an attribute that must be there once, with one value. */
export function onlyValue(signer: SignerInfo, type: string): BaseBlock {
  const found = attributesOf(signer).filter((attribute) => attribute.type === type)
  const [value, ...others] = found[0]?.values ?? []
  if (found.length === 1 && value !== undefined && others.length === 0) return value
  throw new Error(`expected one signed attribute ${type}`)
}

/** What a signer signed beside the content; none where it signed the content alone. */
export function attributesOf({ signedAttrs }: SignerInfo): readonly Attribute[] {
  return signedAttrs?.attributes ?? []
}
