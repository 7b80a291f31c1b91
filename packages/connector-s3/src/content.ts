import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { digestOfParts, type KnownItem } from '@restitute/core'
import { fetchRange, type Range, Unreadable, type Wanted } from './fetch.ts'
import { pieces } from './large-object.ts'
import type { Store } from './store.ts'

/** A version as it is now. */
export interface Reread {
  /** Those that came with its content. */
  readonly headers: IncomingHttpHeaders
  /** It has the content that is known: by the digest of the whole, or of parts cut likewise. */
  readonly same: boolean
}

/** Reads a version again, whole. Throws {@link Unreadable}. */
export async function readAgain(
  store: Store,
  wanted: Wanted,
  known: KnownItem,
  signal: AbortSignal,
): Promise<Reread> {
  const partBytes = known.attributes?.['partBytes']
  const cut = typeof partBytes === 'number'
  const length = cut ? partBytes : known.bytes
  const parts: string[] = []
  let headers: IncomingHttpHeaders | undefined
  let offset = 0
  do {
    const range = { offset, length: Math.min(length, known.bytes - offset) }
    const part = await readRange(store, wanted, range, signal)
    parts.push(part.digest)
    headers ??= part.headers
    offset += length
  } while (offset < known.bytes)
  const digest = cut ? digestOfParts(parts) : parts[0]
  return { headers: headers ?? {}, same: known.digest === digest }
}

async function readRange(
  store: Store,
  wanted: Wanted,
  range: Range,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly headers: IncomingHttpHeaders }> {
  const hash = createHash('sha256')
  if (range.length === 0) {
    // Without bytes there is no range: an empty object is asked for as a whole.
    const { headers } = await fetchRange(store, wanted, undefined, signal)
    return { digest: hash.digest('hex'), headers }
  }
  const read = pieces(store, wanted, range, signal)
  const headers = await read.begin()
  for await (const chunk of read.content()) hash.update(chunk)
  if (read.lost !== undefined) throw new Unreadable(read.lost)
  return { digest: hash.digest('hex'), headers }
}
