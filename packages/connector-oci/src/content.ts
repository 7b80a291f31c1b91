import { createHash, type Hash } from 'node:crypto'
import { release, throwIfInterrupted } from '@restitute/core'
import type { Lost } from './manifest.ts'
import { algorithmOf, hexOf, hostile } from './names.ts'
import type { FetchedBlob } from './store.ts'

const mostPadding = 4 * 1024 ** 3
const zeros = Buffer.alloc(256 * 1024)

/** What is expected of content. */
export interface Expected {
  readonly digest: string
  readonly bytes: number
}

/** Content on its way, of a promised length: zeros stand for what is missing, and what is too much is left away. */
export class ProvenContent {
  readonly #fetched: FetchedBlob
  readonly #expected: Expected
  readonly #hash: Hash | undefined
  readonly #chunks: AsyncIterator<Uint8Array>
  #held: Uint8Array = Buffer.alloc(0)
  /** What came last, to be released when it was taken. */
  #last: Uint8Array = Buffer.alloc(0)
  #got = 0
  #failure: string | undefined
  /** SHA-256 of the whole, as whoever read it found it. */
  #told: string | undefined

  /** `hashes`: whether it hashes what passes; otherwise it is to be {@link told}. */
  constructor(fetched: FetchedBlob, expected: Expected, hashes = true) {
    this.#fetched = fetched
    this.#expected = expected
    this.#hash = hashes ? createHash(algorithmOf(expected.digest)) : undefined
    this.#chunks = fetched.body[Symbol.asyncIterator]()
  }

  /** The next bytes, exactly as many as asked for. A chunk is good until the next is asked for. */
  async *take(bytes: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      throwIfInterrupted(signal)
      const chunk = this.#held.length > 0 ? this.#held : await this.#next(left)
      const piece = chunk.subarray(0, left)
      this.#held = chunk.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  /** The SHA-256 of the whole, hexadecimal. */
  told(sha256: string): void {
    this.#told = sha256
  }

  /** To be asked after the last byte: why it is not what was expected, or nothing. */
  async loss(): Promise<Lost | undefined> {
    if (this.#failure === undefined && (await this.#isLonger()))
      this.#failure = 'it is longer than its descriptor says'
    await this.#fetched.close()
    if (this.#failure !== undefined) return { lost: this.#failure }
    const digest = this.#hash?.digest('hex') ?? this.#told
    const isSame = digest === hexOf(this.#expected.digest)
    return isSame ? undefined : { lost: 'its bytes do not have its digest' }
  }

  async #next(left: number): Promise<Uint8Array> {
    if (this.#failure !== undefined) return zeros.subarray(0, left)
    release(this.#last)
    const { done, value } = await this.#chunks.next()
    if (done === true) {
      this.#failure = 'it is shorter than its descriptor says'
      this.#refusePadding()
      return zeros.subarray(0, left)
    }
    this.#last = value
    this.#hash?.update(value)
    this.#got += value.length
    return value
  }

  /** A lie about a size must not make us write zeros for days. */
  #refusePadding(): void {
    const { digest, bytes } = this.#expected
    if (bytes - this.#got > mostPadding) throw hostile(digest, `${bytes} bytes`, `${this.#got}`)
  }

  async #isLonger(): Promise<boolean> {
    if (this.#held.length > 0 || this.#got > this.#expected.bytes) return true
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) {
      if (next.value.length > 0) return true
    }
    return false
  }
}
