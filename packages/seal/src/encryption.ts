import type { PrivateKey, PublicKey } from './keys.ts'

/** The symmetric key of one message. */
export interface SessionKey {
  readonly algorithm: 'aes256'
  readonly data: Uint8Array
}

/** What opens a message: private keys, or its session key. */
export type Opener = { readonly privateKeys: readonly PrivateKey[] } | { readonly sessionKey: SessionKey }

export function newSessionKey(): SessionKey {
  throw new Error('todo')
}
export function encryptStream(
  _source: AsyncIterable<Uint8Array>,
  _recipients: readonly PublicKey[],
  _sessionKey: SessionKey,
): AsyncIterable<Uint8Array> {
  throw new Error('todo')
}
export function decryptStream(_source: AsyncIterable<Uint8Array>, _opener: Opener): AsyncIterable<Uint8Array> {
  throw new Error('todo')
}
export async function encryptBytes(_data: Uint8Array, _recipients: readonly PublicKey[]): Promise<string> {
  throw new Error('todo')
}
export async function decryptBytes(_data: Uint8Array, _keys: readonly PrivateKey[]): Promise<Uint8Array> {
  throw new Error('todo')
}
