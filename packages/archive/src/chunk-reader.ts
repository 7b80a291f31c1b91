const nothing = new Uint8Array()

/** Takes a stream of chunks in pieces of bounded length. Never closes the stream. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = nothing

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  /** From 1 to `most` bytes; none at the end of the stream. */
  async next(most: number): Promise<Uint8Array> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return nothing
      this.#held = value
    }
    const taken = this.#held.subarray(0, most)
    this.#held = this.#held.subarray(taken.length)
    return taken
  }

  /** The next `bytes` bytes, fewer at the end of the stream, piece by piece. */
  async *take(bytes: number): AsyncIterable<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      const piece = await this.next(left)
      if (piece.length === 0) return
      left -= piece.length
      yield piece
    }
  }
}
