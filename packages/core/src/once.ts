/** Bytes that are in memory as a stream of one chunk, or of none. */
export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
