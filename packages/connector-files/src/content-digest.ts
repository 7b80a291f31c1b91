import { ContentHash, digestOfParts, type Extent } from '@restitute/core'
import type { Range } from './holes.ts'

/** The content of a range, or of the given stretches of it alone. */
export interface RangeContent {
  readonly extents?: readonly Extent[] | undefined
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** SHA-256 of a content, or, when it is larger than `partBytes`, the digest of its parts of that size. */
export async function contentDigest(
  bytes: number,
  partBytes: number,
  read: (range: Range) => RangeContent,
): Promise<string> {
  const parts: string[] = []
  for (let offset = 0; offset < bytes || parts.length === 0; offset += partBytes) {
    const length = Math.min(partBytes, bytes - offset)
    parts.push(await rangeDigest(length, read({ offset, length })))
  }
  return bytes > partBytes ? digestOfParts(parts) : String(parts[0])
}

async function rangeDigest(size: number, { extents, content }: RangeContent): Promise<string> {
  const hash = new ContentHash({ size, extents })
  for await (const chunk of content) await hash.take(chunk)
  return hash.digest()
}
