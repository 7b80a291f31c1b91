const nothing = new Uint8Array()

/** A stream of chunks, read in pieces of bounded length and looked at before it is read. */
export class PacketBytes {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = nothing

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  /** The bytes that come next, without taking them: at least so many, unless the stream ends before. */
  async peek(bytes: number): Promise<Uint8Array> {
    while (this.#held.length < bytes) {
      // A copy: chunks are good until the next is asked for.
      const held = Buffer.from(this.#held)
      const { done, value } = await this.#chunks.next()
      this.#held = done || held.length > 0 ? Buffer.concat([held, value ?? nothing]) : value
      if (done) break
    }
    return this.#held
  }

  /** So many bytes, fewer only at the end of the stream. */
  async take(bytes: number): Promise<Uint8Array> {
    await this.peek(bytes)
    return this.#cut(bytes)
  }

  /** From 1 to `most` bytes as they come; none at the end of the stream. */
  async next(most: number): Promise<Uint8Array> {
    await this.peek(1)
    return this.#cut(most)
  }

  /** All that is left. */
  async *rest(): AsyncIterable<Uint8Array> {
    for (;;) {
      const piece = await this.next(Number.POSITIVE_INFINITY)
      if (piece.length === 0) return
      yield piece
    }
  }

  /** Lets the source release what it holds; harmless when it has ended. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  #cut(most: number): Uint8Array {
    const taken = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(taken.length)
    return taken
  }
}
