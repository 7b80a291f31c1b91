import { createHash, type Hash } from 'node:crypto'
import { RestituteError } from '@restitute/core'

/** Large enough for ciphers, small enough to stay in a core's cache. */
export const chunkBytes: number = 128 * 1024

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

/** The same bytes in chunks of {@link chunkBytes}, the last one shorter: many small writes cost more than one copy. */
export async function* rechunk(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let filling = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      const taken = chunk.subarray(from, from + chunkBytes - filled)
      filling.set(taken, filled)
      filled += taken.length
      from += taken.length
      if (filled < chunkBytes) continue
      yield filling
      filling = Buffer.allocUnsafeSlow(chunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield filling.subarray(0, filled)
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
    head.push(value)
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
