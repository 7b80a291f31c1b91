import { hexOf } from './literals.ts'

const hexSlice = 512 * 1024
const textSlice = 512 * 1024

/**
 * A piece of an entry's content that is held in memory: bytes, bytes that are written in hexadecimal, or a long text in which
 * every double quote is written twice, with the number of bytes that it has then.
 */
export type Chunk = Buffer | { readonly hex: Uint8Array } | LongText

interface LongText {
  readonly text: string
  readonly bytes: number
}

/** Chunks that must lie in one part, in order. */
export type Unit = readonly Chunk[]

/** Turns rows into text. Both methods return what has become complete, if anything has. */
export interface RowEncoder<R> {
  add(row: R): Iterable<Unit> | undefined
  end(): Iterable<Unit> | undefined
}

/** Bytes that a chunk has once it is written. */
export function sizeOf(chunk: Chunk): number {
  if (Buffer.isBuffer(chunk)) return chunk.length
  return 'hex' in chunk ? chunk.hex.length * 2 : chunk.bytes
}

/** The bytes of chunks. */
export function* bytesOf(chunks: Iterable<Chunk>): Iterable<Uint8Array> {
  for (const chunk of chunks) {
    if (Buffer.isBuffer(chunk)) yield chunk
    else if ('hex' in chunk) yield* hexadecimal(chunk.hex)
    else yield* slicesOf(chunk.text)
  }
}

function* hexadecimal(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += hexSlice) {
    yield Buffer.from(hexOf(bytes.subarray(i, i + hexSlice)), 'latin1')
  }
}

/** A text of any length, written a slice at a time: with its quotes doubled as a whole it would take many times its size. */
export function longText(text: string): LongText {
  let bytes = Buffer.byteLength(text)
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) bytes++
  return { text, bytes }
}

function* slicesOf(text: string): Iterable<Uint8Array> {
  for (let from = 0; from < text.length; ) {
    const to = from + textSlice
    // A character of two units is not cut: each half alone has no bytes.
    const end = isFirstHalf(text.charCodeAt(to - 1)) ? to - 1 : to
    yield Buffer.from(text.slice(from, end).replaceAll('"', '""'))
    from = end
  }
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}
