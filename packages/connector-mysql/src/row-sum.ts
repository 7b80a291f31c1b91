import { createHash } from 'node:crypto'
import { RestituteError } from '@restitute/core'

const words = 8
const digits = 64

/** What two hexadecimal digits come to, by their two bytes. */
const bytesOfDigits = new Uint8Array(65_536)
for (let byte = 0; byte < 256; byte++) {
  const digits = Buffer.from(byte.toString(16).padStart(2, '0'))
  bytesOfDigits[digits.readUInt16BE(0)] = byte
}

function byteAt(buffer: Buffer, at: number): number {
  return bytesOfDigits[((buffer[at] ?? 0) << 8) | (buffer[at + 1] ?? 0)] ?? 0
}

function missing(): RestituteError {
  return new RestituteError(
    'source-unreachable',
    'digest of a table: a row is longer than the max_allowed_packet of the server, which gives none for it',
    { hint: 'SET GLOBAL max_allowed_packet to more than the longest row, and run it again' },
  )
}

/**
 * What a set of rows comes to, in whatever order they come: their number, and the sums of the eight 32-bit words of
 * their digests ({@link rowDigest}), modulo 2³². Rows that are there twice count twice.
 */
export class RowSum {
  count = 0
  /** Of their texts and bytes, as far as it was told. */
  bytes = 0
  /** Of these, in one row, at most. */
  longest = 0
  readonly #sums = new Uint32Array(words)
  #missing = false

  /** The digest of one more row lies at `start`, 64 hexadecimal digits; before it, their number, or that it is NULL. */
  add(buffer: Buffer, start: number): void {
    if (buffer[start - 1] !== digits) this.#missing = true
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

  /** The same of a row after whose digest its bytes are told, in digits. */
  addMeasured(buffer: Buffer, start: number): void {
    this.add(buffer, start)
    const at = start + digits
    const bytes = Number(buffer.toString('latin1', at + 1, at + 1 + (buffer[at] ?? 0)))
    this.bytes += bytes
    this.longest = Math.max(this.longest, bytes)
  }

  /** Adds all rows of another sum. */
  include(other: RowSum): void {
    other.#sums.forEach((word, i) => (this.#sums[i] = (this.#sums[i] ?? 0) + word))
    this.count += other.count
    this.bytes += other.bytes
    this.longest = Math.max(this.longest, other.longest)
    this.#missing ||= other.#missing
  }

  /** SHA-256 (hexadecimal) of what is known of a table: its definition, the number of rows, the sums. Throws where a row had none. */
  digest(definition: string): string {
    if (this.#missing) throw missing()
    const sums = [...this.#sums].map((sum) => sum.toString(16).padStart(8, '0')).join('')
    return createHash('sha256').update(`${definition}\n${this.count}\n${sums}\n`).digest('hex')
  }
}
