import type { Item } from '@restitute/core'

/** An attribute of an item that is text, or nothing. */
export function textOf(item: Item, name: string): string | undefined {
  const value = item.attributes?.[name]
  return typeof value === 'string' ? value : undefined
}

/** An attribute of an item that is a number, or nothing. */
export function numberOf(item: Item, name: string): number | undefined {
  const value = item.attributes?.[name]
  return typeof value === 'number' ? value : undefined
}

/** Nanoseconds since 1970; 0 for an item that could not be looked at. */
export function mtimeOf(item: Item): bigint {
  return BigInt(textOf(item, 'mtime') ?? 0)
}

/** Path relative to the tree with safe names (design §3); a folder's ends in `/`. */
export function safePathOf(item: Item): string {
  return textOf(item, 'safePath') ?? item.id
}
