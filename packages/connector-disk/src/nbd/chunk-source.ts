/** Who waits for bytes, and how many have come. */
interface Waiting {
  readonly into: Uint8Array
  at: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Takes exact numbers of bytes out of what arrives in a buffer that is used again and again: V8 is slow to collect what
 * lies outside its heap, and a buffer for each arrival took a sixth of an export. One caller at a time.
 */
export class ChunkSource {
  readonly #flow: () => void
  #rest: Uint8Array = new Uint8Array()
  #waiting: Waiting | undefined
  #isOver = false

  /** `flow` is called when more is wanted after {@link offer} had said no. */
  constructor(flow: () => void) {
    this.#flow = flow
  }

  /** What has arrived. Whether all of it was taken: otherwise the bytes must stay as they are until `flow` is called. */
  offer(bytes: Uint8Array): boolean {
    this.#rest = bytes
    this.#feed()
    return this.#rest.length === 0
  }

  /** Nothing more will arrive. */
  end(): void {
    this.#isOver = true
    this.#waiting?.reject(closed())
  }

  /** A few bytes, as a buffer of their own. */
  async take(bytes: number): Promise<Buffer> {
    const into = Buffer.allocUnsafe(bytes)
    await this.fill(into)
    return into
  }

  /** Fills a buffer whole; throws when the end comes first. */
  async fill(into: Uint8Array): Promise<void> {
    if (into.length === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { into, at: 0, resolve, reject }
      this.#feed()
      if (this.#waiting === undefined) return
      if (this.#isOver) reject(closed())
      else this.#flow()
    })
  }

  #feed(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    const piece = this.#rest.subarray(0, waiting.into.length - waiting.at)
    waiting.into.set(piece, waiting.at)
    waiting.at += piece.length
    this.#rest = this.#rest.subarray(piece.length)
    if (waiting.at < waiting.into.length) return
    this.#waiting = undefined
    waiting.resolve()
  }
}

function closed(): Error {
  return new Error('the server has closed the connection')
}
