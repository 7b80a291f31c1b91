/**
 * Gives memory that nobody needs any more back at once, and not when V8 gets to it: it knows little of memory outside its
 * heap, and collecting took as long as the cipher. Only for chunks whose end is the end of memory that is theirs alone:
 * what Node's ciphers, zlib and sockets return. Anything small lies in memory that is shared, and is left alone, unless it
 * fills it.
 */
export function release({ buffer, byteOffset, length }: Uint8Array): void {
  const isLast = byteOffset + length === buffer.byteLength
  const isOwn = buffer.byteLength >= (byteOffset === 0 ? worthBytes : leastBytes)
  if (isLast && length > 0 && isOwn && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** More than Node's pool for small buffers, which no small buffer fills. */
const leastBytes = 128 * 1024
/** Less than this is not worth the call: sockets give 64 KiB at most. */
const worthBytes = 16 * 1024
