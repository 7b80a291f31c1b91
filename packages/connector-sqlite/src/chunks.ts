import { hexOf } from './literals.ts'

const hexSlice = 512 * 1024

/** A piece of an entry's content that is held in memory: bytes, or bytes that are written in hexadecimal. */
export type Chunk = Buffer | { readonly hex: Uint8Array }

/** Chunks that must lie in one part, in order. */
export type Unit = readonly Chunk[]

/** Turns rows into text. Both methods return what has become complete, if anything has. */
export interface RowEncoder<R> {
  add(row: R): Iterable<Unit> | undefined
  end(): Iterable<Unit> | undefined
}

/** Bytes that a chunk has once it is written. */
export function sizeOf(chunk: Chunk): number {
  return Buffer.isBuffer(chunk) ? chunk.length : chunk.hex.length * 2
}

/** The bytes of chunks. */
export function* bytesOf(chunks: Iterable<Chunk>): Iterable<Uint8Array> {
  for (const chunk of chunks) {
    if (Buffer.isBuffer(chunk)) yield chunk
    else yield* hexadecimal(chunk.hex)
  }
}

function* hexadecimal(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += hexSlice) {
    yield Buffer.from(hexOf(bytes.subarray(i, i + hexSlice)), 'latin1')
  }
}
