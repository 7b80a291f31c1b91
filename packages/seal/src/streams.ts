import { setImmediate as nextTurn } from 'node:timers/promises'

const turnBytes = 4 * 1024 * 1024

/** The same bytes; gives signals and timers a turn every few MiB, even between a fast source and a fast sink. */
export async function* withTurns(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes >= turnBytes) {
      bytes = 0
      await nextTurn()
    }
    yield chunk
  }
}

/** Passes a source on, and keeps the error that it threw itself apart from those of whoever reads it. */
export class WatchedSource {
  readonly chunks: AsyncIterable<Uint8Array>
  #failure: { readonly error: unknown } | undefined

  constructor(source: AsyncIterable<Uint8Array>) {
    this.chunks = this.#watch(source)
  }

  /** What the source itself threw, else `other`. */
  blame(other: unknown): unknown {
    return this.#failure ? this.#failure.error : other
  }

  async *#watch(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    try {
      yield* source
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }
}
