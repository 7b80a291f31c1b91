/**
 * Gives the memory of a buffer that nobody needs any more back at once, and not when V8 gets to it: it knows little of
 * memory outside its heap, and collecting took as long as the cipher. For what Node's ciphers return, nothing else.
 */
export function release(buffer: Buffer): void {
  if (buffer.buffer instanceof ArrayBuffer && buffer.buffer.byteLength === buffer.length)
    buffer.buffer.transfer(0)
}
