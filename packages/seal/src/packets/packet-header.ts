import type { PacketBytes } from './packet-bytes.ts'

/** How long a packet's body, or the next part of one, is. */
interface BodyLength {
  readonly length: number
  /** More follows: another length, and another part. */
  readonly partial: boolean
}

/** The header of a packet (RFC 9580 §4.2). */
export interface PacketHeader extends BodyLength {
  readonly tag: number
  /** Bytes that the header itself takes. */
  readonly size: number
}

/** No header is longer. */
export const longestHeader = 6

/**
 * The header that bytes begin with; nothing when they are too few, when they are no packet, or when it states no length
 * at all, which only old programs do.
 */
export function packetHeader(bytes: Uint8Array): PacketHeader | undefined {
  const [first = 0] = bytes
  if ((first & 0xc0) === 0xc0) {
    const body = newLength(bytes.subarray(1))
    return body && { ...body, tag: first & 0x3f, size: body.size + 1 }
  }
  const octets = [1, 2, 4][first & 3]
  if ((first & 0x80) === 0 || octets === undefined || bytes.length <= octets) return undefined
  const length = Buffer.from(bytes.subarray(1, 1 + octets)).readUIntBE(0, octets)
  return { tag: (first >> 2) & 0xf, size: 1 + octets, length, partial: false }
}

function newLength(bytes: Uint8Array): (BodyLength & { readonly size: number }) | undefined {
  const [first = 255, second = 0] = bytes
  const size = first < 192 || (first >= 224 && first < 255) ? 1 : first < 224 ? 2 : 5
  if (bytes.length < size) return undefined
  if (first < 192) return { size, length: first, partial: false }
  if (first < 224) return { size, length: ((first - 192) << 8) + second + 192, partial: false }
  if (first < 255) return { size, length: 2 ** (first & 0x1f), partial: true }
  return { size, length: Buffer.from(bytes.subarray(1, 5)).readUInt32BE(0), partial: false }
}

/** The body of the packet whose header was just taken, in pieces. Throws when it is cut. */
export async function* packetBody(bytes: PacketBytes, header: BodyLength): AsyncIterable<Uint8Array> {
  for (let part = header; ; part = await nextPart(bytes)) {
    for (let left = part.length; left > 0; ) {
      const piece = await bytes.next(left)
      if (piece.length === 0) throw new Error('a packet is cut')
      left -= piece.length
      yield piece
    }
    if (!part.partial) return
  }
}

async function nextPart(bytes: PacketBytes): Promise<BodyLength> {
  const part = newLength(await bytes.peek(longestHeader - 1))
  if (!part) throw new Error('a packet is cut')
  await bytes.take(part.size)
  return part
}
