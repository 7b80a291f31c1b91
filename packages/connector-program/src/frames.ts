import { type JsonObject, RestituteError } from '@restitute/core'

const longestLine = 1024 * 1024

/** What a program prints: lines of JSON, and bytes where a line has announced them. Nothing of it is trusted. */
export class Frames {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #program: string
  #held: Buffer = Buffer.alloc(0)

  constructor(output: AsyncIterable<Uint8Array>, program: string) {
    this.#chunks = output[Symbol.asyncIterator]()
    this.#program = program
  }

  /** The next line; nothing at the end. Throws `hostile-input` for what is no JSON object. */
  async line(): Promise<JsonObject | undefined> {
    for (;;) {
      const end = this.#held.indexOf(0x0a)
      if (end >= 0) return this.#take(end)
      if (this.#held.length > longestLine)
        throw this.broken(`lines of at most ${longestLine} bytes`, 'a longer one')
      if (await this.#more()) continue
      if (this.#held.length > 0) throw this.broken('a line feed at the end', 'none')
      return undefined
    }
  }

  /** Exactly so many bytes. Throws `hostile-input` when they end before. */
  async *bytes(count: number): AsyncIterable<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (this.#held.length === 0 && !(await this.#more()))
        throw this.broken(`${count} bytes`, `${count - left}`)
      const piece = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  /** An error about what was printed. */
  broken(expected: string, got: string): RestituteError {
    return new RestituteError('hostile-input', `program ${this.#program}: expected ${expected}, got ${got}`)
  }

  #take(end: number): JsonObject {
    const text = this.#held.subarray(0, end)
    this.#held = this.#held.subarray(end + 1)
    try {
      const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
    } catch {
      // Said below.
    }
    throw this.broken('a JSON object on each line', 'something else')
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    if (done === true) return false
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value])
    return true
  }
}
