import { RestituteError } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import * as openpgp from 'openpgp'
import { isBinary } from './armor.ts'
import { anyStrength } from './policy.ts'

/** One OpenPGP public key: what a client or a person is known by. Says nothing of trust or strength. */
export interface PublicKey {
  /** Of the primary key. */
  readonly fingerprint: Fingerprint
  /** The primary user id, for instance `Ana Martin <a.martin@example.org>`; control characters removed. */
  readonly userId: string
  readonly armored: string
  readonly created: Date
  /** `null`: never, or not known because the key is revoked or not self-signed (see `keyProblems`). */
  readonly expires: Date | null
  /** The library's object, for this package only. */
  readonly openpgp: openpgp.PublicKey
}

/** One OpenPGP private key, unlocked. Never serialised. */
export interface PrivateKey {
  /** Of the primary key. */
  readonly fingerprint: Fingerprint
  readonly publicKey: PublicKey
  /** The library's object, for this package only. */
  readonly openpgp: openpgp.PrivateKey
}

/** A key with many photographs and certifications is still far smaller. */
const maxBytes = 4 * 1024 * 1024

/**
 * Reads exactly one public key, armored or binary. Throws `key-missing` when there is none, `key-unfit` when
 * there are several, when it is private (it must not be handed around) or of a form that cannot be used.
 */
export async function readPublicKey(bytes: Uint8Array): Promise<PublicKey> {
  const key = await readOne(bytes)
  if (key.isPrivate()) {
    throw new RestituteError('key-unfit', 'key: expected a public key, got a private key', {
      hint: 'export the public key alone, and keep the private key to yourself',
    })
  }
  return publicKey(key)
}

/**
 * Reads exactly one private key, armored or binary, and unlocks it; `passphrase` is asked only when it is
 * locked. Throws `key-missing` (no private key there), `key-unfit`, `passphrase-wrong`.
 */
export async function readPrivateKey(
  bytes: Uint8Array,
  passphrase?: () => Promise<string>,
): Promise<PrivateKey> {
  const key = await readOne(bytes)
  if (!key.isPrivate()) {
    throw new RestituteError('key-missing', 'key: expected a private key, got a public key')
  }
  const unlocked = key.isDecrypted() ? key : await unlock(key, passphrase)
  const ofPublic = await publicKey(unlocked.toPublic())
  return { fingerprint: ofPublic.fingerprint, publicKey: ofPublic, openpgp: unlocked }
}

async function readOne(bytes: Uint8Array): Promise<openpgp.Key> {
  if (bytes.length === 0) throw new RestituteError('key-missing', 'key: the file is empty')
  if (bytes.length > maxBytes) throw unfit(`expected at most ${maxBytes} bytes, got ${bytes.length}`)
  const keys = await readAll(bytes)
  const [key] = keys
  if (!key) throw new RestituteError('key-missing', 'key: no OpenPGP key in the file')
  if (keys.length > 1) throw unfit(`expected one key in the file, got ${keys.length}`)
  return key
}

async function readAll(bytes: Uint8Array): Promise<openpgp.Key[]> {
  const armored = isBinary(bytes) ? undefined : Buffer.from(bytes).toString('utf8')
  const blocks = armored?.match(/-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----/g)?.length
  if (armored !== undefined && !blocks) return []
  // The library reads the first block only: a second key must not be overlooked in silence.
  if (blocks && blocks > 1) throw unfit(`expected one key in the file, got ${blocks}`)
  try {
    if (armored !== undefined) return await openpgp.readKeys({ armoredKeys: armored })
    return await openpgp.readKeys({ binaryKeys: bytes })
  } catch (cause) {
    throw unfit('not readable as an OpenPGP key', cause)
  }
}

async function publicKey(key: openpgp.PublicKey): Promise<PublicKey> {
  const expires = await key.getExpirationTime(undefined, anyStrength)
  return {
    fingerprint: key.getFingerprint(),
    userId: await userIdOf(key),
    armored: key.armor(),
    created: key.getCreationTime(),
    expires: expires instanceof Date ? expires : null,
    openpgp: key,
  }
}

async function userIdOf(key: openpgp.PublicKey): Promise<string> {
  let userId = key.getUserIDs()[0] ?? ''
  try {
    // No time: which user id is shown must not depend on the day.
    const primary = await key.getPrimaryUser(null as unknown as Date, undefined, anyStrength)
    userId = primary.user.userID?.userID ?? userId
  } catch {
    // Not validly self-signed: shown all the same, and refused by `keyProblems` where it matters.
  }
  return userId.replace(/[\p{Cc}\p{Cf}]/gu, '')
}

async function unlock(
  key: openpgp.PrivateKey,
  passphrase: (() => Promise<string>) | undefined,
): Promise<openpgp.PrivateKey> {
  const name = key.getFingerprint()
  if (!passphrase) {
    throw new RestituteError('passphrase-wrong', `private key ${name}: locked, and no passphrase was given`)
  }
  try {
    return await openpgp.decryptKey({ privateKey: key, passphrase: await passphrase() })
  } catch (cause) {
    if (cause instanceof RestituteError) throw cause
    throw new RestituteError('passphrase-wrong', `private key ${name}: the passphrase does not open it`, {
      cause,
    })
  }
}

function unfit(reason: string, cause?: unknown): RestituteError {
  return new RestituteError('key-unfit', `key: ${reason}`, { cause })
}
