import { createDecipheriv, createHash } from 'node:crypto'
import { release } from '@restitute/core'
import { tags } from './tags.ts'

/** Ours are all AES-256; what other programs wrote may have a shorter key. */
export interface AnySessionKey {
  readonly algorithm: string | null
  readonly data: Uint8Array
}

const ciphers: ReadonlyMap<string | null, string> = new Map([
  ['aes128', 'aes-128-cfb'],
  ['aes256', 'aes-256-cfb'],
])

/** Node's name of the cipher: CFB over whole blocks, as SEIPDv1 asks for. Throws for anything but AES. */
export function cipherOf({ algorithm }: AnySessionKey): string {
  const cipher = ciphers.get(algorithm)
  if (cipher) return cipher
  throw new Error(`expected AES, got ${algorithm ?? 'no algorithm'}`)
}

/** SEIPDv1 begins with a random block instead. */
export const noVector: Buffer = Buffer.alloc(16)
/** A random block and its last two bytes again, before the first packet. */
export const prefixBytes = 18
/** Header of the modification detection packet, which ends the plaintext: its SHA-1 covers all before, and itself. */
export const detectionStart: Buffer = Buffer.of(0xc0 | tags.modificationDetection, 20)
const detectionBytes = detectionStart.length + 20

/**
 * Deciphers the body of an encrypted data packet of version 1 that follows its version: the prefix and the packets come
 * out, each chunk good until the next is asked for; they are authenticated once this has ended. Throws when the modification detection does not agree.
 */
export async function* decipher(
  body: AsyncIterable<Uint8Array>,
  sessionKey: AnySessionKey,
): AsyncIterable<Uint8Array> {
  const cipher = createDecipheriv(cipherOf(sessionKey), sessionKey.data, noVector)
  const detection = createHash('sha1')
  /** The last bytes so far, which may be the modification detection. */
  let held: Buffer = Buffer.of()
  for await (const chunk of body) {
    const plain = cipher.update(chunk)
    const short = plain.length < detectionBytes
    const pieces = short ? [Buffer.concat([held, plain])] : [held, plain]
    const last = pieces.pop() ?? held
    for (const piece of [...pieces, last.subarray(0, -detectionBytes)]) {
      if (piece.length === 0) continue
      detection.update(piece)
      yield piece
    }
    held = Buffer.from(last.subarray(-detectionBytes))
    release(plain)
  }
  const expected = Buffer.concat([detectionStart, detection.update(detectionStart).digest()])
  if (!held.equals(expected)) throw new Error('the modification detection does not agree')
}
