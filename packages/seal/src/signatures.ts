import type { Fingerprint } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from './keys.ts'

/** What is known of one signature. */
export interface SignatureVerdict {
  readonly state: 'good' | 'bad' | 'unknown-key' | 'outside-key-life' | 'weak'
  /** Of the signer's primary key, when the key is known. */
  readonly fingerprint?: Fingerprint
  /** Of the (sub)key that signed, 16 hexadecimal digits. */
  readonly keyId: string
  /** Time claimed by the signer. */
  readonly signedAt?: Date
  /** The key has expired since it made this signature. */
  readonly keyExpiredSince?: Date
}

export async function signDetached(
  _data: Uint8Array,
  _key: PrivateKey,
  _at: Date,
): Promise<{ armored: string; binary: Uint8Array }> {
  throw new Error('todo')
}
export async function verifyDetached(
  _data: Uint8Array,
  _signature: Uint8Array,
  _keys: readonly PublicKey[],
): Promise<SignatureVerdict[]> {
  throw new Error('todo')
}
