import { isUtf8 } from 'node:buffer'

/*
 * A server whose encoding is none (SQL_ASCII) lets a name hold any bytes. Here a byte that is no UTF-8 is written as a character
 * for private use, U+10FE80 to U+10FEFF, by its value: every text is then UTF-8, no two are the same, and the way back is exact.
 */
const base = 0x10fe00
// The whole of UTF-8 (RFC 3629, section 4) without those characters, and every byte besides, each byte as a character.
const pieces =
  /(?!\xf4\x8f[\xba\xbb])(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})|[\x80-\xff]/g
const stands = /\xf4\x8f([\xba\xbb])([\x80-\xbf])/g

/** Bytes of a server without encoding as UTF-8. */
export function asUtf8(bytes: Buffer): Buffer {
  if (isUtf8(bytes) && !bytes.includes('\xf4\x8f', 0, 'latin1')) return bytes
  const text = bytes
    .toString('latin1')
    .replaceAll(pieces, (piece) => (piece.length > 1 ? piece : standIn(piece)))
  return Buffer.from(text, 'latin1')
}

/** The bytes that a text of {@link asUtf8} stands for. */
export function asBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (!bytes.includes('\xf4\x8f', 0, 'latin1')) return bytes
  return Buffer.from(
    bytes.toString('latin1').replaceAll(stands, (_, high, low) => byteOf(high, low)),
    'latin1',
  )
}

/** A text for people: `d\xE9c\xE8s`. */
export function shown(text: string): string {
  return text.replaceAll(/[\u{10fe80}-\u{10feff}]/gu, (one) => {
    return `\\x${((one.codePointAt(0) ?? 0) - base).toString(16).toUpperCase()}`
  })
}

function standIn(byte: string): string {
  return Buffer.from(String.fromCodePoint(base + byte.charCodeAt(0))).toString('latin1')
}

function byteOf(high: string, low: string): string {
  return String.fromCharCode(((high.charCodeAt(0) & 3) << 6) | (low.charCodeAt(0) & 63))
}
