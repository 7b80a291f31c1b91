const nothing: Uint8Array = new Uint8Array()

/** Takes a stream of chunks in pieces of bounded length. Never closes the stream. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = nothing
  /** Comes after what is held, where that is a copy. */
  #rest: Uint8Array = nothing

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks
  }

  /** What can be had without waiting. */
  get atHand(): Uint8Array {
    return this.#held
  }

  /** Waits until `bytes` bytes are at hand, in one piece; false when the stream ends before. */
  async gather(bytes: number): Promise<boolean> {
    while (this.#held.length < bytes) {
      if (this.#rest.length === 0 && !(await this.#refill())) return false
      // A copy only where something is left of an earlier chunk, and of no more than is asked for.
      const more = this.#held.length > 0 ? bytes - this.#held.length : this.#rest.length
      const piece = this.#rest.subarray(0, more)
      this.#held = this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : piece
      this.#rest = this.#rest.subarray(more)
    }
    return true
  }

  /** Passes over bytes that are at hand. */
  drop(bytes: number): void {
    this.#held = this.#held.subarray(bytes)
    if (this.#held.length > 0) return
    this.#held = this.#rest
    this.#rest = nothing
  }

  /** From 1 to `most` bytes; none at the end of the stream. */
  async next(most: number): Promise<Uint8Array> {
    if (!(await this.gather(1))) return nothing
    const taken = this.#held.subarray(0, most)
    this.drop(taken.length)
    return taken
  }

  /** Gets a chunk that is not empty. */
  async #refill(): Promise<boolean> {
    // Chunks are good until the next is asked for.
    if (this.#held.length > 0) this.#held = Buffer.from(this.#held)
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return false
      this.#rest = value
    }
    return true
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
