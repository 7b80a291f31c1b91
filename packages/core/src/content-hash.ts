import { createHash, type Hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Extent } from './entry.ts'
import { throwIfInterrupted } from './interrupt.ts'

/** A file, whole or sparse, whose content is hashed. */
export interface HashedFile {
  /** Bytes, holes included. */
  readonly size: number
  /** As of an entry: only these stretches will come. */
  readonly extents?: readonly Extent[] | undefined
}

const step = 64 * 1024 * 1024
const mostStates = 64
const yieldEvery = 8 * 1024 * 1024

/**
 * The SHA-256 of the content of a file of which only the stretches with data pass by: holes count as the zeros that a
 * reader sees. Long stretches of zeros are hashed once per thread up to 4 GiB; beyond that they cost about 0.7 s a GiB.
 */
export class ContentHash {
  readonly #size: number
  readonly #extents: Iterator<Extent> | undefined
  readonly #signal: AbortSignal | undefined
  #hash = createHash('sha256')
  /** Bytes hashed so far, zeros included. */
  #at = 0
  /** Where the stretch that is passing ends. */
  #end = 0

  constructor(file: HashedFile, signal?: AbortSignal) {
    this.#size = file.size
    this.#extents = file.extents?.[Symbol.iterator]()
    this.#signal = signal
  }

  /**
   * The next bytes of the data; to be waited for where there is something to wait for. What goes beyond the last stretch
   * is hashed, too, and makes another digest.
   */
  take(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#extents) return this.#takeStretches(chunk, this.#extents)
    this.#hash.update(chunk)
    return undefined
  }

  /** After all data; hexadecimal. */
  async digest(): Promise<string> {
    if (this.#extents) await this.#zerosUntil(this.#size)
    return this.#hash.digest('hex')
  }

  async #takeStretches(chunk: Uint8Array, extents: Iterator<Extent>): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      if (this.#at === this.#end) await this.#enter(extents.next().value)
      const piece = chunk.subarray(from, from + this.#end - this.#at)
      this.#hash.update(piece)
      this.#at += piece.length
      from += piece.length
    }
  }

  async #enter(extent: Extent | undefined): Promise<void> {
    if (extent) await this.#zerosUntil(extent.offset)
    this.#end = extent ? extent.offset + extent.length : Number.POSITIVE_INFINITY
  }

  async #zerosUntil(offset: number): Promise<void> {
    const zeros = offset - this.#at
    if (zeros <= 0) return
    if (this.#at === 0) this.#hash = await hashOfZeros(zeros, this.#signal)
    else await addZeros(this.#hash, zeros, this.#signal)
    this.#at = offset
  }
}

/** After every so many zeros, from none. */
const states: Hash[] = [createHash('sha256')]

async function hashOfZeros(bytes: number, signal: AbortSignal | undefined): Promise<Hash> {
  const known = Math.min(Math.floor(bytes / step), mostStates)
  while (states.length <= known) {
    // Two may do this at once: each sets the same state.
    const number = states.length
    const hash = stateOf(number - 1)
    await addZeros(hash, step, signal)
    states[number] = hash
  }
  const hash = stateOf(known)
  await addZeros(hash, bytes - known * step, signal)
  return hash
}

function stateOf(number: number): Hash {
  return (states[number] as Hash).copy()
}

async function addZeros(hash: Hash, bytes: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = bytes; left > 0; left -= yieldEvery) {
    throwIfInterrupted(signal)
    for (const chunk of zeroChunks(Math.min(left, yieldEvery))) hash.update(chunk)
    if (left > yieldEvery) await setImmediate()
  }
}

const zeros = new Uint8Array(128 * 1024)

/** So many zeros, in chunks that are not to be written to. */
export function* zeroChunks(bytes: number): Iterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= zeros.length) yield zeros.subarray(0, left)
}
