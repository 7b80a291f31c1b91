import { createHash } from 'node:crypto'

const words = 8

/**
 * What a set of rows comes to, in whatever order they come: their number, and the sums of the eight 32-bit words of
 * their digests ({@link rowDigest}), modulo 2³². Rows that are there twice count twice.
 */
export class RowSum {
  count = 0
  readonly #sums = new Uint32Array(words)

  /** The digest of one more row lies at `start`, 32 bytes. */
  add(buffer: Buffer, start: number): void {
    const sums = this.#sums
    for (let i = 0; i < words; i++) {
      const at = start + i * 4
      const word =
        ((buffer[at] ?? 0) << 24) |
        ((buffer[at + 1] ?? 0) << 16) |
        ((buffer[at + 2] ?? 0) << 8) |
        (buffer[at + 3] ?? 0)
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
