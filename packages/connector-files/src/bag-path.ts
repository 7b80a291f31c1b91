import type { Item } from '@restitute/core'
import { safePathOf } from './attributes.ts'

/** Path of an item in the bag: below `data/`, `data/` itself for the root. */
export function bagPath(item: Item): string {
  if (item.id === './') return 'data/'
  return `data/${safePathOf(item)}`
}

/** Path of one part: the parts of a file lie in a folder in its place, so no other name can meet them. */
export function partPath(item: Item, part: number): string {
  return `${bagPath(item)}/part-${String(part).padStart(6, '0')}`
}
