const quote = 0x22
const lineFeed = 0x0a

/**
 * Cuts a stream of CSV into parts: each ends with the first row that reaches `partBytes`, however the bytes arrive. Line
 * feeds inside quotes end no row: whether a byte is inside follows from the number of quotes before it, since the server
 * doubles every quote.
 */
export class RowCutter {
  readonly #partBytes: number
  #chunks: Buffer[] = []
  #size = 0
  #inside = 0

  constructor(partBytes: number) {
    this.#partBytes = partBytes
  }

  /** Takes bytes; gives the parts that are whole now. */
  *add(bytes: Buffer): Iterable<Buffer[]> {
    let rest = bytes
    while (rest.length > 0) {
      // The byte by which the part reaches its size may be the line feed that ends it.
      const least = Math.max(0, this.#partBytes - this.#size - 1)
      this.#count(rest.subarray(0, least))
      const end = least < rest.length ? this.#rowEnd(rest, least) : 0
      this.#keep(end > 0 ? rest.subarray(0, end) : rest)
      if (end === 0) return
      yield this.#take()
      rest = rest.subarray(end)
    }
  }

  /** What is left. */
  end(): Buffer[] | undefined {
    return this.#size === 0 ? undefined : this.#take()
  }

  #count(bytes: Buffer): void {
    let odd = 0
    for (let i = 0; i < bytes.length; i++) odd ^= bytes[i] === quote ? 1 : 0
    this.#inside ^= odd
  }

  /** Offset behind the first line feed from `from` on that ends a row; 0 without one. */
  #rowEnd(bytes: Buffer, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      if (bytes[i] === quote) this.#inside ^= 1
      else if (bytes[i] === lineFeed && this.#inside === 0) return i + 1
    }
    return 0
  }

  #keep(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#size += bytes.length
  }

  #take(): Buffer[] {
    const chunks = this.#chunks
    this.#chunks = []
    this.#size = 0
    return chunks
  }
}
