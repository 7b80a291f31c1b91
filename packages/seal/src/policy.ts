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
  // The library can do nothing with Brainpool curves in Node: refused beforehand rather than failing later.
  rejectCurves: new Set([
    curve.secp256k1,
    curve.brainpoolP256r1,
    curve.brainpoolP384r1,
    curve.brainpoolP512r1,
  ]),
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
  const problems = [...formProblems(inner), ...strengthProblems('The primary key', inner.keyPacket)]
  if (problems.length === 0 && (await chosen(inner, use, at, policy))) return []
  problems.push(...(await lifeProblems(inner, at)))
  return problems.length > 0 ? problems : useProblems(inner, use, at)
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

function formProblems(key: openpgp.PublicKey): string[] {
  const problems: string[] = []
  const { version } = key.keyPacket
  if (version !== 4) problems.push(`The key is of version ${version}; GnuPG 2.2 can use version 4 only.`)
  if (key.revocationSignatures.some(({ issuerKeyID }) => !issuerKeyID.equals(key.getKeyID()))) {
    problems.push(
      'The key carries a revocation by another key (a designated revoker), which cannot be checked.',
    )
  }
  return problems
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
  if (name && policy.rejectCurves.has(curve[name])) {
    return [`${subject} uses the curve ${name}, which is not accepted; NIST P-256 and Curve25519 are.`]
  }
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

/** Why nothing serves although the primary key is strong and alive. */
async function useProblems(key: openpgp.PublicKey, use: KeyUse, at: Date): Promise<string[]> {
  const candidate = await chosen(key, use, at, anyStrength)
  if (!candidate) return [await missingProblem(key, use, at)]
  const weak = strengthProblems(`The subkey ${candidate.getKeyID().toHex()}`, candidate.keyPacket)
  return weak.length > 0 ? weak : ['The key is certified by SHA-1 or an older hash only.']
}

async function missingProblem(key: openpgp.PublicKey, use: KeyUse, at: Date): Promise<string> {
  try {
    await key.verifyPrimaryKey(at, undefined, anyStrength)
  } catch {
    return 'The key has no valid self-signature.'
  }
  const purpose = use === 'encrypt' ? 'encryption' : 'signing'
  return `The key has no valid ${purpose} subkey; it is missing, expired or revoked.`
}
