import { createHash } from 'node:crypto'

const words = 8

/** What two hexadecimal digits come to, by their two bytes. */
const bytesOfDigits = new Uint8Array(65_536)
for (let byte = 0; byte < 256; byte++) {
  const digits = Buffer.from(byte.toString(16).padStart(2, '0'))
  bytesOfDigits[digits.readUInt16BE(0)] = byte
}

function byteAt(buffer: Buffer, at: number): number {
  return bytesOfDigits[((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0)] ?? 0
}

/**
 * What a set of rows comes to, in whatever order they come: their number, and the sums of the eight 32-bit words of
 * their digests ({@link rowDigest}), modulo 2³². Rows that are there twice count twice.
 */
export class RowSum {
  count = 0
  readonly #sums = new Uint32Array(words)

  /** The digest of one more row lies at `start`, 64 hexadecimal digits. */
  add(buffer: Buffer, start: number): void {
    const sums = this.#sums
    for (let i = 0, at = start; i < words; i++, at += 8) {
      const word =
        (byteAt(buffer, at) << 24) |
        (byteAt(buffer, at + 2) << 16) |
        (byteAt(buffer, at + 4) << 8) |
        byteAt(buffer, at + 6)
      sums[i] = (sums[i] ?? 0) + word
    }
    this.count++
  }

  /** SHA-256 (hexadecimal) of what is known of a table: its definition, the number of rows, the sums. */
  digest(definition: string): string {
    const sums = [...this.#sums].map((sum) => sum.toString(16).padStart(8, '0')).join('')
    return createHash('sha256').update(`${definition}\n${this.count}\n${sums}\n`).digest('hex')
  }
}
