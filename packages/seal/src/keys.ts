import type { Fingerprint } from '@restitute/manifest'
import type * as openpgp from 'openpgp'

/** One OpenPGP public key: what a client or a person is known by. */
export interface PublicKey {
  /** Of the primary key. */
  readonly fingerprint: Fingerprint
  /** The primary user id, for instance `Ana Martin <a.martin@example.org>`. */
  readonly userId: string
  readonly armored: string
  readonly created: Date
  readonly expires: Date | null
  /** For this package only. */
  readonly openpgp: openpgp.PublicKey
}

/** One OpenPGP private key, unlocked. */
export interface PrivateKey {
  readonly fingerprint: Fingerprint
  readonly publicKey: PublicKey
  /** For this package only. */
  readonly openpgp: openpgp.PrivateKey
}

export async function readPublicKey(_bytes: Uint8Array): Promise<PublicKey> {
  throw new Error('todo')
}
export async function readPrivateKey(
  _bytes: Uint8Array,
  _passphrase?: () => Promise<string>,
): Promise<PrivateKey> {
  throw new Error('todo')
}
