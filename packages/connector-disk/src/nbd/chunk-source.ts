/** Takes exact numbers of bytes from a stream of chunks; throws at its end. */
export class ChunkSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** A few bytes, as a buffer of their own. */
  async take(bytes: number): Promise<Buffer> {
    const into = Buffer.allocUnsafe(bytes)
    await this.fill(into)
    return into
  }

  /** Fills a buffer whole. */
  async fill(into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; ) {
      if (this.#rest.length === 0) this.#rest = await this.#next()
      const piece = this.#rest.subarray(0, into.length - at)
      into.set(piece, at)
      at += piece.length
      this.#rest = this.#rest.subarray(piece.length)
    }
  }

  async #next(): Promise<Uint8Array> {
    const { done, value } = await this.#chunks.next()
    if (done) throw new Error('the server has closed the connection')
    return value
  }
}
