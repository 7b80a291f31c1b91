/**
 * Gives memory that nobody needs any more back at once, and not when V8 gets to it: it knows little of memory outside its
 * heap, and collecting took as long as the cipher. Only for chunks whose end is the end of memory that is theirs alone:
 * what Node's ciphers and zlib return. Anything small lies in memory that is shared, and is left alone.
 */
export function release({ buffer, byteOffset, length }: Uint8Array): void {
  const isLast = byteOffset + length === buffer.byteLength
  if (isLast && length > 0 && buffer.byteLength >= leastBytes && buffer instanceof ArrayBuffer)
    buffer.transfer(0)
}

/** More than Node's pool for small buffers. */
const leastBytes = 128 * 1024
