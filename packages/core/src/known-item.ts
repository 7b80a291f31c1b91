import { createHash } from 'node:crypto'
import type { Item, KnownItem } from './item.ts'
import type { JsonObject } from './json.ts'

/** What writing an entry showed of its content. */
export interface EntryDigest {
  readonly size: number
  /** SHA-256, hexadecimal. */
  readonly sha256: string
  readonly part?: number
  /** {@link Entry.found}. */
  readonly found?: JsonObject
}

/**
 * An item as delivered, from the entries of its files in the order of their parts. A digest that the inventory
 * gave stays. Otherwise it is the entry's, or for an item cut into parts the SHA-256 of its parts' raw digests
 * one after the other; `attributes.partBytes` then keeps the size of the first part, so that a watcher can cut likewise.
 * What reading found becomes `attributes.found`.
 */
export function knownItem(inventoried: Item, entries: readonly EntryDigest[]): KnownItem {
  const [first] = entries
  const item = withFound(inventoried, first)
  if (item.digest !== undefined || first === undefined) return item
  if (first.part === undefined) return { ...item, digest: first.sha256 }
  const digest = digestOfParts(entries.map((entry) => entry.sha256))
  return { ...item, digest, attributes: { ...item.attributes, partBytes: first.size } }
}

function withFound(item: Item, first: EntryDigest | undefined): Item {
  return first?.found === undefined
    ? item
    : { ...item, attributes: { ...item.attributes, found: first.found } }
}

/** The digest of an item out of the digests (hexadecimal) of its parts, in their order. */
export function digestOfParts(parts: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part, 'hex')
  return hash.digest('hex')
}
