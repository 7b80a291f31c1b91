import { type KeyObject } from 'node:crypto'
import { type AlgorithmIdentifier, RSASSAPSSParams } from 'pkijs'

/** Object identifier → name of the hash for node:crypto; anything weaker is refused. */
const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** The hash that a time stamp uses, by its identifier; undefined for one that can be forged or is unknown. */
export function strongHash({ algorithmId }: AlgorithmIdentifier): string | undefined {
  return hashes[algorithmId]
}

/** The identifier of SHA-256. */
export const sha256Id = '2.16.840.1.101.3.4.2.1'

const rsaWithSeparateHash = '1.2.840.113549.1.1.1'
const rsaPss = '1.2.840.113549.1.1.10'
const withStrongHash: ReadonlySet<string> = new Set([
  rsaWithSeparateHash,
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
])

/** Whether a signature algorithm, of a certificate or of a token, uses a hash of 256 bits or more. */
export function isStrongSignature({ algorithmId, algorithmParams }: AlgorithmIdentifier): boolean {
  if (algorithmId !== rsaPss) return withStrongHash.has(algorithmId)
  return strongHash(new RSASSAPSSParams({ schema: algorithmParams }).hashAlgorithm) !== undefined
}

const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

/** Whether a key is RSA of at least 2048 bits (authorities outlive the 3072 that persons need) or P-256 and more. */
export function isStrongKey(
  { asymmetricKeyType, asymmetricKeyDetails }: KeyObject,
  minimumRsaBits = 2048,
): boolean {
  if (asymmetricKeyType === 'ec') return curves.has(asymmetricKeyDetails?.namedCurve ?? '')
  const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss'
  return isRsa && (asymmetricKeyDetails?.modulusLength ?? 0) >= minimumRsaBits
}
