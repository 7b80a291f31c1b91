import { createHash, type Hash } from 'node:crypto'
import { MemoryByTurns, RestituteError } from '@restitute/core'

/** Each goes to another thread and back, which takes a virtual machine as long as compressing 20 kB; from a MiB on that no longer shows. */
export const chunkBytes: number = 1024 * 1024

/** A hash and a length over what passed through {@link tap}. */
export interface Tap {
  readonly hash: Hash
  bytes: number
}

/** An empty {@link Tap}. */
export function newTap(): Tap {
  return { hash: createHash('sha256'), bytes: 0 }
}

/** Passes chunks on, hashing and counting them. */
export async function* tap(source: AsyncIterable<Uint8Array>, seen: Tap): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    seen.hash.update(chunk)
    seen.bytes += chunk.length
    yield chunk
  }
}

/**
 * Gathers bytes into chunks of {@link chunkBytes}, which are good until the one after the next is asked for: they lie in two
 * pieces of memory by turns.
 */
export class Gathering {
  readonly #memory: MemoryByTurns = new MemoryByTurns(chunkBytes)
  #filled = 0

  /** What has filled no chunk yet. */
  rest(): Uint8Array {
    const rest = this.#memory.now.subarray(0, this.#filled)
    this.#filled = 0
    return rest
  }

  /** Takes bytes; gives each chunk that they fill. */
  *take(bytes: Uint8Array): Iterable<Uint8Array> {
    for (let from = 0; from < bytes.length; ) {
      const piece =
        from === 0 && bytes.length <= chunkBytes - this.#filled ? bytes : this.#fitting(bytes, from)
      this.#memory.now.set(piece, this.#filled)
      this.#filled += piece.length
      from += piece.length
      if (this.#filled < chunkBytes) continue
      yield this.#memory.now
      this.#memory.turn()
      this.#filled = 0
    }
  }

  #fitting(bytes: Uint8Array, from: number): Uint8Array {
    return bytes.subarray(from, from + chunkBytes - this.#filled)
  }
}

/** The same bytes in chunks of a {@link Gathering}, the last one shorter: many small writes cost more than one copy. */
export async function* rechunk(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const gathering = new Gathering()
  for await (const chunk of source) for (const full of gathering.take(chunk)) yield full
  const rest = gathering.rest()
  if (rest.length > 0) yield rest
}

/** The first chunks, at least `bytes` long together unless the source is shorter, and an iterable of all of them. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ head: Uint8Array[]; all: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  for (let length = 0; length < bytes; ) {
    const { done, value } = await iterator.next()
    if (done) break
    // A copy: chunks are good until the next is asked for.
    head.push(Buffer.from(value))
    length += value.length
  }
  return { head, all: joined(head.slice(), iterator) }
}

async function* joined(head: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    for (let chunk = head.shift(); chunk; chunk = head.shift()) yield chunk
    yield* { [Symbol.asyncIterator]: () => rest }
  } finally {
    await rest.return?.()
  }
}

/** Throws `interrupted` once the signal is set. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new RestituteError('interrupted', 'interrupted before the end', { cause: signal.reason })
  }
}
