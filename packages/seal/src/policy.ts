import * as openpgp from 'openpgp'
import type { PublicKey } from './keys.ts'

const { curve, hash, publicKey } = openpgp.enums

/** What the policy (design §3, "Cryptography") refuses of keys and signatures, in the library's terms. */
export const policy: openpgp.Config = {
  ...openpgp.config,
  minRSABits: 3072,
  // 25 to 28 are the newer names of Curve25519 and Curve448, which GnuPG 2.2 does not know.
  rejectPublicKeyAlgorithms: new Set([
    publicKey.elgamal,
    publicKey.dsa,
    publicKey.x25519,
    publicKey.x448,
    publicKey.ed25519,
    publicKey.ed448,
  ]),
  rejectCurves: new Set([curve.secp256k1]),
  rejectHashAlgorithms: new Set([hash.md5, hash.ripemd, hash.sha1, hash.sha224]),
  rejectMessageHashAlgorithms: new Set([hash.md5, hash.ripemd, hash.sha1, hash.sha224]),
  aeadProtect: false,
  preferredHashAlgorithm: hash.sha512,
  preferredSymmetricAlgorithm: openpgp.enums.symmetric.aes256,
  preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed,
}

/** The same without any strength required: tells "too weak" from "not valid at all". */
export const anyStrength: openpgp.Config = {
  ...policy,
  minRSABits: 0,
  rejectPublicKeyAlgorithms: new Set(),
  rejectCurves: new Set(),
  rejectHashAlgorithms: new Set(),
  rejectMessageHashAlgorithms: new Set(),
}

/** What a key is wanted for. */
export type KeyUse = 'encrypt' | 'sign'

/**
 * Why a key may not be used at a moment (R22): English sentences, one per problem, none when it is fit. The
 * primary key and the (sub)key that would be used are judged; others are not used and do not matter.
 */
export async function keyProblems(key: PublicKey, use: KeyUse, at: Date): Promise<string[]> {
  const inner = key.openpgp
  if (await chosen(inner, use, at, policy)) return versionProblems(inner)
  const problems = [...versionProblems(inner), ...strengthProblems('The primary key', inner.keyPacket)]
  problems.push(...(await lifeProblems(inner, at)))
  if (problems.length === 0) problems.push(...(await subkeyProblems(inner, use, at)))
  return problems.length > 0 ? problems : [await selfSignatureProblem(inner, use, at)]
}

/** The (sub)key that would be used, if there is one that `config` accepts. */
async function chosen(
  key: openpgp.PublicKey,
  use: KeyUse,
  at: Date,
  config: openpgp.Config,
): Promise<openpgp.Key | openpgp.Subkey | undefined> {
  try {
    if (use === 'sign') return await key.getSigningKey(undefined, at, undefined, config)
    return await key.getEncryptionKey(undefined, at, undefined, config)
  } catch {
    return undefined
  }
}

function versionProblems(key: openpgp.PublicKey): string[] {
  const { version } = key.keyPacket
  return version === 4 ? [] : [`The key is of version ${version}; GnuPG 2.2 can use version 4 only.`]
}

function strengthProblems(subject: string, packet: openpgp.AnyKeyPacket): string[] {
  const { algorithm, bits, curve: name } = packet.getAlgorithmInfo()
  const number = openpgp.enums.publicKey[algorithm]
  if (number >= 25 && number <= 28) {
    return [`${subject} uses ${algorithm} (algorithm ${number}), which GnuPG 2.2 cannot use.`]
  }
  if (policy.rejectPublicKeyAlgorithms.has(number))
    return [`${subject} uses ${algorithm}, which is too weak.`]
  if (bits !== undefined && bits < policy.minRSABits) {
    return [`${subject} is RSA with ${bits} bits; at least ${policy.minRSABits} are required.`]
  }
  if (name === 'secp256k1') return [`${subject} uses the curve secp256k1, which is not accepted.`]
  return []
}

async function lifeProblems(key: openpgp.PublicKey, at: Date): Promise<string[]> {
  if (await key.isRevoked(undefined, undefined, at, anyStrength)) return ['The key is revoked.']
  if (key.getCreationTime() > at)
    return [`The key was created only on ${key.getCreationTime().toISOString()}.`]
  const expires = await key.getExpirationTime(undefined, anyStrength)
  if (expires instanceof Date && expires <= at) return [`The key expired on ${expires.toISOString()}.`]
  return []
}

/** Why no subkey serves: only when the primary key itself is in order. */
async function subkeyProblems(key: openpgp.PublicKey, use: KeyUse, at: Date): Promise<string[]> {
  const candidate = await chosen(key, use, at, anyStrength)
  if (candidate) return strengthProblems(`The subkey ${candidate.getKeyID().toHex()}`, candidate.keyPacket)
  const purpose = use === 'encrypt' ? 'encryption' : 'signing'
  return [`The key has no valid ${purpose} subkey; it is missing, expired or revoked.`]
}

async function selfSignatureProblem(key: openpgp.PublicKey, use: KeyUse, at: Date): Promise<string> {
  if (await chosen(key, use, at, anyStrength)) return 'The key is certified by SHA-1 or an older hash only.'
  return 'The key has no valid self-signature.'
}
