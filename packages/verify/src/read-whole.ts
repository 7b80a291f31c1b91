import { type Destination, RestituteError } from '@restitute/core'

/** A small file of a destination, whole; `hostile-input` beyond `longest` bytes, `not-found` when it is not there. */
export async function readWhole(
  destination: Destination,
  name: string,
  longest: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of destination.read(name)) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > longest)
      throw new RestituteError('hostile-input', `${name}: expected at most ${longest} bytes, got more`)
  }
  return Buffer.concat(chunks)
}
