import { RestituteError } from '@restitute/core'
import * as openpgp from 'openpgp'
import { isBinary } from './armor.ts'
import type { SessionKey } from './encryption.ts'
import type { PrivateKey } from './keys.ts'
import { type MessageHead, readHead } from './packets/message-head.ts'
import { openContent } from './packets/open-content.ts'
import { PacketBytes } from './packets/packet-bytes.ts'
import { tags } from './packets/tags.ts'
import { refusedInside } from './refused-packets.ts'
import { WatchedSource, withTurns } from './streams.ts'

/** What opens a message: private keys, of which any may fit, or the session key that its writer still holds. */
export type Opener = { readonly privateKeys: readonly PrivateKey[] } | { readonly sessionKey: SessionKey }

/** Plaintext comes out before the end has been checked; else a whole volume would be held in memory. */
const streaming: openpgp.Config = {
  ...openpgp.config,
  allowUnauthenticatedStream: true,
  additionalAllowedPackets: refusedInside,
}

/** Small messages may come from other programs, which compress. */
const small: openpgp.PartialConfig = { maxDecompressedMessageSize: 16 * 1024 * 1024 }

/**
 * Decrypts a binary OpenPGP message as a stream, with flat memory. What it yields is authenticated only once it
 * has ended without an error: until then it may be forged, and nothing made from it may be promoted.
 * Throws `key-wrong` when no key fits, before anything is yielded; `invalid` when the message is damaged, cut,
 * compressed or without integrity protection, at the end at the latest. Errors of the source come through as they
 * are; stopping early closes the source. A message of the form that we write (SEIPDv1, AES-256) is opened here
 * (docs/decisions/0010), any other by the library. A chunk is good until the next is asked for.
 */
export async function* decryptStream(
  source: AsyncIterable<Uint8Array>,
  opener: Opener,
): AsyncIterable<Uint8Array> {
  const watched = new WatchedSource(source)
  const bytes = new PacketBytes(watched.chunks)
  try {
    yield* withTurns(contentOf(bytes, opener))
  } catch (error) {
    throw watched.blame(refusal(error))
  } finally {
    await bytes.close()
  }
}

/**
 * The session key of a binary message, out of its first packets; the rest is not read. Whoever is given it can open
 * that message and no other: so a private key need not leave its thread. Says nothing of whether the message is
 * whole. Throws `key-wrong`, and `invalid` for what is no message of ours, like {@link decryptStream}.
 */
export async function readSessionKey(
  source: AsyncIterable<Uint8Array>,
  privateKeys: readonly PrivateKey[],
): Promise<SessionKey> {
  return (await readSealing(source, privateKeys)).sessionKey
}

/** What the beginning of a message tells: the key that opens it, and how many keys of recipients it is encrypted to. */
export interface Sealing {
  readonly sessionKey: SessionKey
  readonly recipients: number
}

/** As {@link readSessionKey}, and for how many. */
export async function readSealing(
  source: AsyncIterable<Uint8Array>,
  privateKeys: readonly PrivateKey[],
): Promise<Sealing> {
  const watched = new WatchedSource(source)
  const bytes = new PacketBytes(watched.chunks)
  try {
    const message = await messageOf(await readHead(bytes), bytes)
    const { algorithm, data } = await findSessionKey(message, { privateKeys })
    const recipients = new Set(message.getEncryptionKeyIDs().map((id) => id.toHex())).size
    if (algorithm === 'aes256') return { sessionKey: { algorithm, data }, recipients }
    throw new RestituteError('invalid', `decryption: expected AES-256, got ${algorithm ?? 'no algorithm'}`)
  } catch (error) {
    throw watched.blame(refusal(error))
  } finally {
    await bytes.close()
  }
}

/**
 * Decrypts something small (at most 16 MiB once decompressed), armored or binary. Throws `key-wrong` and
 * `invalid` like {@link decryptStream}; what it returns is authenticated.
 */
export async function decryptBytes(data: Uint8Array, keys: readonly PrivateKey[]): Promise<Uint8Array> {
  try {
    const message = isBinary(data)
      ? await openpgp.readMessage({ binaryMessage: data, config: small })
      : await openpgp.readMessage({ armoredMessage: Buffer.from(data).toString('utf8'), config: small })
    const sessionKeys = await findSessionKey(message, { privateKeys: keys })
    const { data: content } = await openpgp.decrypt({ message, sessionKeys, format: 'binary', config: small })
    return content as Uint8Array
  } catch (error) {
    throw refusal(error)
  }
}

type Message = openpgp.Message<openpgp.MaybeStream<Uint8Array | string>>

async function* contentOf(bytes: PacketBytes, opener: Opener): AsyncIterable<Uint8Array> {
  const head = await readHead(bytes)
  const message = await messageOf(head, bytes)
  const key = 'sessionKey' in opener ? opener.sessionKey : await findSessionKey(message, opener)
  if (head.body) yield* openContent(bytes, head.body, key)
  else yield* plaintext(message, key)
}

/** The session keys of a message of our form, or all of one of any other form. */
async function messageOf({ keys, body }: MessageHead, bytes: PacketBytes): Promise<Message> {
  if (!body) return openpgp.readMessage({ binaryMessage: ReadableStream.from(joined(keys, bytes)) })
  // The library wants something to be encrypted.
  const binaryMessage = Buffer.concat([keys, emptyBody])
  return openpgp.readMessage({ binaryMessage })
}

const emptyBody = Buffer.of(0xc0 | tags.integrityProtected, 1, 1)

async function* joined(first: Uint8Array, bytes: PacketBytes): AsyncIterable<Uint8Array> {
  if (first.length > 0) yield first
  yield* bytes.rest()
}

/**
 * The content, and then the rest of the message with its check. The rest is drained from the start: the library's
 * own `decrypt` reads it only after the content, and waits for ever when a message has much behind it.
 */
async function* plaintext(message: Message, key: openpgp.SessionKey): AsyncIterable<Uint8Array> {
  checkProtected(message)
  const inside = await message.decrypt(undefined, undefined, [key], undefined, streaming)
  const rest = Promise.all([drain(inside), drain(message)])
  // Said by the await below; this only keeps it from being taken for unhandled until then.
  rest.catch(() => {})
  const content = inside.getLiteralData()
  if (!content) throw new RestituteError('invalid', 'decryption: the message has no content')
  yield* content as AsyncIterable<Uint8Array>
  await rest
}

/** Reads the packets that follow; the library keeps them in a stream that its types do not mention. */
async function drain(message: Message): Promise<void> {
  const { stream } = message.packets as { readonly stream?: AsyncIterable<unknown> | null }
  if (stream) for await (const _ of stream);
}

/** Neither plaintext nor encryption without integrity protection (which GnuPG refuses as well) is a message. */
function checkProtected(message: Message): void {
  const { SymEncryptedIntegrityProtectedDataPacket, AEADEncryptedDataPacket } = openpgp
  const isProtected = (packet: object): boolean =>
    packet instanceof SymEncryptedIntegrityProtectedDataPacket || packet instanceof AEADEncryptedDataPacket
  if (message.packets.some(isProtected)) return
  throw new RestituteError(
    'invalid',
    'decryption: expected a message with encryption and integrity protection',
  )
}

async function findSessionKey(
  message: Message,
  opener: { readonly privateKeys: readonly PrivateKey[] },
): Promise<openpgp.SessionKey> {
  checkProtected(message)
  const decryptionKeys = opener.privateKeys.map((key) => key.openpgp)
  const recipients = message.getEncryptionKeyIDs().map((id) => id.toHex())
  try {
    const [found] = await openpgp.decryptSessionKeys({ message, decryptionKeys })
    return found as openpgp.SessionKey
  } catch (cause) {
    const given = opener.privateKeys.map((key) => key.fingerprint)
    throw new RestituteError('key-wrong', 'decryption: none of the given keys opens this message', {
      cause,
      details: { given, recipients },
    })
  }
}

function refusal(error: unknown): RestituteError {
  if (error instanceof RestituteError) return error
  const reason = 'the message is damaged or cut, or holds what it should not'
  return new RestituteError('invalid', `decryption: ${reason}`, { cause: error })
}
