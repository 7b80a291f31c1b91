import { isUtf8 } from 'node:buffer'

// Byte 0x80 + n of what is not UTF-8 becomes U+F780 + n: a private character, an identifier character to SQLite.
const first = 0xf780
const last = 0xf7ff
const marker = /[\uf780-\uf7ff]/

/**
 * Names and definitions in SQLite are bytes that need not be UTF-8. They are handled as strings in which each
 * byte that is not UTF-8 (and each byte of the private characters U+F780…U+F7FF themselves) is one character of
 * U+F780…U+F7FF. Injective: {@link bytesOfText} gives the bytes back.
 */
export function textOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = buffer.toString('utf8')
  if (isUtf8(buffer) && !marker.test(whole)) return whole
  let text = ''
  for (let i = 0; i < buffer.length; ) {
    const length = sequenceLength(buffer[i] ?? 0)
    const sequence = buffer.subarray(i, i + length)
    const plain = isUtf8(sequence) && !marker.test(sequence.toString('utf8'))
    const escaped = [...sequence].map((byte) => String.fromCharCode(0xf700 + byte)).join('')
    if (plain || isUtf8(sequence)) {
      text += plain ? sequence.toString('utf8') : escaped
      i += length
    } else {
      text += escaped.slice(0, 1)
      i += 1
    }
  }
  return text
}

/** The bytes of what {@link textOfBytes} gave. */
export function bytesOfText(text: string): Buffer {
  if (!marker.test(text)) return Buffer.from(text)
  return Buffer.concat(Array.from(text, bytesOfCharacter))
}

/** Whether a name or definition is plain UTF-8, so that its string is its bytes. */
export function isPlain(text: string): boolean {
  return !marker.test(text)
}

function bytesOfCharacter(character: string): Buffer {
  const code = character.charCodeAt(0)
  return code >= first && code <= last ? Buffer.from([code - 0xf700]) : Buffer.from(character)
}

function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}
