import { type Entry, type Item, RestituteError } from '@restitute/core'
import type { Wanted } from './fetch.ts'

/** What the listing said of an object. */
export function wantedOf(item: Item): Wanted {
  const { etag, checksum } = item.attributes ?? {}
  return {
    key: textOf(item, 'key'),
    version: textOf(item, 'version'),
    bytes: item.bytes,
    ...(typeof etag === 'string' && { etag }),
    ...(checksum === true && { checksum }),
  }
}

/** An entry of an item: what is not given follows from the item. */
export function entryOf(item: Item, given: Pick<Entry, 'size' | 'content'> & Partial<Entry>): Entry {
  const modified = item.attributes?.['modified']
  return {
    path: textOf(item, 'path'),
    item: item.id,
    type: 'file',
    mode: 0o644,
    modified: typeof modified === 'string' ? BigInt(Date.parse(modified)) * 1_000_000n : 0n,
    ...given,
  }
}

/** The parts of an object lie in a folder in its place. */
export function partPath(item: Item, part: number): string {
  return `${textOf(item, 'path')}/part-${String(part).padStart(6, '0')}`
}

/** A text among the attributes; `hostile-input` when it is not there. */
export function textOf(item: Item, name: string): string {
  const value = item.attributes?.[name]
  if (typeof value === 'string') return value
  throw new RestituteError('hostile-input', `item of kind ${item.kind}: expected its ${name}, got none`)
}
