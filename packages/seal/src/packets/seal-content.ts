import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { release } from '@restitute/core'
import type { SessionKey } from '../encryption.ts'
import { cipherOf, detectionStart, noVector, prefixBytes } from './integrity.ts'
import { PacketWriter } from './packet-writer.ts'
import { tags } from './tags.ts'

/** A literal packet's first bytes: binary, without name and date, so that nothing about the host leaks through it. */
const literalStart = Buffer.from([0x62, 0, 0, 0, 0, 0])

/**
 * A stream as an encrypted data packet of version 1 (RFC 9580 §5.13.1) around one literal packet, after the packets with
 * its session key. Cipher and hash are Node's. A chunk is good until the one after
 * the next is asked for.
 */
export async function* sealContent(
  source: AsyncIterable<Uint8Array>,
  sessionKey: SessionKey,
  keyPackets: Uint8Array,
): AsyncIterable<Uint8Array> {
  const cipher = createCipheriv(cipherOf(sessionKey), sessionKey.data, noVector)
  const detection = createHash('sha1')
  const outer = new PacketWriter(tags.integrityProtected, keyPackets)
  const inner = new PacketWriter(tags.literal)
  function* seal(plain: Uint8Array): Iterable<Buffer> {
    detection.update(plain)
    const sealed = cipher.update(plain)
    yield* outer.take(sealed)
    release(sealed)
  }
  yield* outer.take(Buffer.of(1))
  yield* seal(prefix())
  for (const part of inner.take(literalStart)) yield* seal(part)
  for await (const chunk of source) for (const part of inner.take(chunk)) yield* seal(part)
  yield* seal(inner.end())
  yield* outer.take(cipher.update(Buffer.concat([detectionStart, detection.update(detectionStart).digest()])))
  yield outer.end()
}

/** A random block, the last two bytes of it twice. */
function prefix(): Buffer {
  const block = randomBytes(prefixBytes - 2)
  return Buffer.concat([block, block.subarray(-2)])
}
