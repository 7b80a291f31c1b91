import { createHash } from 'node:crypto'
import { digestOfParts } from '@restitute/core'

/** SHA-256 of a content, or, when it is larger than `partBytes`, the digest of its parts of that size. */
export async function contentDigest(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytes: number,
  partBytes: number,
): Promise<string> {
  const parts: string[] = []
  let hash = createHash('sha256')
  let room = partBytes
  for await (let chunk of content) {
    for (; chunk.length > room; room = partBytes) {
      parts.push(hash.update(chunk.subarray(0, room)).digest('hex'))
      hash = createHash('sha256')
      chunk = chunk.subarray(room)
    }
    hash.update(chunk)
    room -= chunk.length
  }
  const last = hash.digest('hex')
  return bytes > partBytes ? digestOfParts([...parts, last]) : last
}
