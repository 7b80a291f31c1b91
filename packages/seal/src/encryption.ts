import { randomBytes } from 'node:crypto'
import { RestituteError } from '@restitute/core'
import * as openpgp from 'openpgp'
import type { PublicKey } from './keys.ts'
import { sealContent } from './packets/seal-content.ts'
import { policy } from './policy.ts'
import { withTurns } from './streams.ts'

/** The symmetric key of one message. Whoever has it can open that message, and no other. */
export interface SessionKey {
  readonly algorithm: 'aes256'
  /** 32 bytes. */
  readonly data: Uint8Array
}

/** A fresh AES-256 key from the system's random source. */
export function newSessionKey(): SessionKey {
  return { algorithm: 'aes256', data: new Uint8Array(randomBytes(32)) }
}

/**
 * Encrypts a stream to every recipient: one binary OpenPGP message (SEIPDv1, AES-256, no compression, literal
 * packet without name and date), which GnuPG 2.2 reads. Memory stays flat; errors of the source come through as
 * they are; stopping early closes the source. Throws `key-missing` without recipients, `key-unfit` for a key that
 * is too weak, revoked or has no encryption subkey; whether it has expired is asked of `keyProblems` before.
 * The session keys are the library's, the data packet is written here (docs/decisions/0010). A chunk is good until the
 * one after the next is asked for.
 */
export async function* encryptStream(
  source: AsyncIterable<Uint8Array>,
  recipients: readonly PublicKey[],
  sessionKey: SessionKey,
): AsyncIterable<Uint8Array> {
  const encryptionKeys = keysOf(recipients)
  const keys = { ...sessionKey, ...fixed, encryptionKeys, format: 'binary' } as const
  const keyPackets = await openpgp.encryptSessionKey(keys).catch(refuseKey)
  yield* withTurns(sealContent(source, sessionKey, keyPackets))
}

/** Encrypts something small: one armored message like those of {@link encryptStream}; the same errors. */
export async function encryptBytes(data: Uint8Array, recipients: readonly PublicKey[]): Promise<string> {
  const message = await openpgp.createMessage({ binary: data, date: new Date(0) })
  const options = { message, ...fixed, encryptionKeys: keysOf(recipients), sessionKey: newSessionKey() }
  const armored = await openpgp.encrypt({ ...options, format: 'armored' }).catch(refuseKey)
  return armored as string
}

/** No date: which moment counts is the caller's to say, by `keyProblems`, and never the machine's clock. */
const fixed = { date: null as unknown as Date, config: policy }

function keysOf(recipients: readonly PublicKey[]): openpgp.PublicKey[] {
  if (recipients.length === 0) throw new RestituteError('key-missing', 'encryption: no recipient key')
  return recipients.map((key) => key.openpgp)
}

function refuseKey(cause: unknown): never {
  throw new RestituteError('key-unfit', 'encryption: a recipient key cannot be used', { cause })
}
