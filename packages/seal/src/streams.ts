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

/**
 * Reads a source on behalf of a library that wraps or swallows errors: keeps the source's own one, and closes the
 * source when its reader has given up.
 */
export class WatchedSource {
  readonly stream: ReadableStream<Uint8Array>
  #failure: { readonly error: unknown } | undefined
  readonly #iterator: AsyncIterator<Uint8Array>

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
    this.stream = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.close() },
      { highWaterMark: 0 },
    )
  }

  /** What the source itself threw, else `other`. */
  blame(other: unknown): unknown {
    return this.#failure ? this.#failure.error : other
  }

  /** Lets the source release what it holds; harmless when it has ended. */
  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await this.#iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }
}
