import { createHash } from 'node:crypto'
import { digestOfParts, type KnownItem } from '@restitute/core'
import { Unreadable, type Wanted } from './fetch.ts'
import { pieces } from './large-object.ts'
import type { Store } from './store.ts'

/** Whether a version, read now, has the content that is known: the digest of the whole, or of parts cut likewise. */
export async function sameContent(
  store: Store,
  wanted: Wanted,
  known: KnownItem,
  signal: AbortSignal,
): Promise<boolean> {
  const partBytes = known.attributes?.['partBytes']
  if (typeof partBytes !== 'number')
    return known.digest === (await digestOf(store, wanted, 0, known.bytes, signal))
  const parts: string[] = []
  for (let offset = 0; offset < known.bytes; offset += partBytes) {
    parts.push(await digestOf(store, wanted, offset, Math.min(partBytes, known.bytes - offset), signal))
  }
  return known.digest === digestOfParts(parts)
}

async function digestOf(
  store: Store,
  wanted: Wanted,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256')
  if (length > 0) {
    const range = pieces(store, wanted, { offset, length }, signal)
    await range.begin()
    for await (const chunk of range.content()) hash.update(chunk)
    if (range.lost !== undefined) throw new Unreadable(range.lost)
  }
  return hash.digest('hex')
}
