import { RestituteError } from '@restitute/core'
import type { Fingerprint } from '@restitute/manifest'
import * as openpgp from 'openpgp'
import { policy } from './policy.ts'

/** Whose key is made, and for how long. */
export interface KeyRequest {
  readonly name: string
  readonly email: string
  /** Locks the private key; without it the private key lies open in its file. */
  readonly passphrase?: string
  /** Time of creation. */
  readonly at: Date
  /** From `at`; without it the key does not expire. */
  readonly expiresInSeconds?: number
}

/** A new key pair, armored. */
export interface GeneratedKey {
  /** Of the primary key. */
  readonly fingerprint: Fingerprint
  readonly publicKey: string
  readonly privateKey: string
  /** Revocation certificate: publishing it ends the key. To be kept apart from the private key. */
  readonly revocation: string
}

/**
 * Makes a key pair that meets the policy and that GnuPG 2.2 can use: version 4, Ed25519 to sign, a Curve25519
 * subkey to encrypt, both under their older algorithm numbers. Throws `usage` for an unusable name or address.
 */
export async function generateKey(request: KeyRequest): Promise<GeneratedKey> {
  const { name, email, passphrase, at, expiresInSeconds } = request
  checkUser(name, email)
  const made = await openpgp.generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [{ name, email }],
    date: at,
    format: 'armored',
    config: policy,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(expiresInSeconds === undefined ? {} : { keyExpirationTime: expiresInSeconds }),
  })
  const { publicKey, privateKey, revocationCertificate: revocation } = made
  const key = await openpgp.readKey({ armoredKey: publicKey })
  return { fingerprint: key.getFingerprint(), publicKey, privateKey, revocation }
}

/** `Name <address>` must read back as what was meant. */
function checkUser(name: string, email: string): void {
  if (name.trim() === '' || /[\p{Cc}<>()]/u.test(name)) {
    throw new RestituteError('usage', 'key: expected a name without brackets or control characters')
  }
  if (!/^[^\s@<>]+@[^\s@<>]+$/.test(email)) {
    throw new RestituteError('usage', 'key: expected an e-mail address such as a.martin@example.org')
  }
}
