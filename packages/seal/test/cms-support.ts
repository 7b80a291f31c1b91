import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBER, ObjectIdentifier, OctetString, UTCTime } from 'asn1js'
import {
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs'

const dataId = '1.2.840.113549.1.7.1'
const signedDataId = '1.2.840.113549.1.7.2'

/** A detached signature by the P-256 key `leaf` of an authority that claims to be of that moment: openssl knows no other than now. */
export async function cmsSignAt(folder: string, data: Uint8Array, at: Date): Promise<Uint8Array> {
  const certificate = new Certificate({ schema: fromBER(derOf(folder, 'leaf.crt')).result })
  const { issuer, serialNumber } = certificate
  const signer = new SignerInfo({ version: 1, sid: new IssuerAndSerialNumber({ issuer, serialNumber }) })
  const digest = new Uint8Array(createHash('sha256').update(data).digest())
  signer.signedAttrs = new SignedAndUnsignedAttributes({
    type: 0,
    attributes: [
      new Attribute({ type: '1.2.840.113549.1.9.3', values: [new ObjectIdentifier({ value: dataId })] }),
      new Attribute({ type: '1.2.840.113549.1.9.5', values: [new UTCTime({ valueDate: at })] }),
      new Attribute({ type: '1.2.840.113549.1.9.4', values: [new OctetString({ valueHex: digest.buffer })] }),
    ],
  })
  const signed = new SignedData({
    version: 1,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: dataId }),
    signerInfos: [signer],
    certificates: [certificate],
  })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('pkcs8', derOf(folder, 'leaf.key'), algorithm, false, ['sign'])
  await signed.sign(key, 0, 'SHA-256', new Uint8Array(data).buffer)
  const content = new ContentInfo({ contentType: signedDataId, content: signed.toSchema(true) })
  return new Uint8Array(content.toSchema().toBER())
}

function derOf(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const text = readFileSync(join(folder, name), 'utf8')
  return new Uint8Array(Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))
}
