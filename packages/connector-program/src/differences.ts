import type { Difference, Item, Judge, KnownItem } from '@restitute/core'

/**
 * By digest where the program gives one, by mark otherwise: a comparison is then worth what the marks of the program are.
 */
export const byMark: Judge = (item, known) =>
  differenceOf(item, known, ({ mark }, before) => mark === before.mark)

/** Of a restored system, marks need not be those of the old one: there only digests, numbers and sizes count. */
export const byContent: Judge = (item, known) =>
  differenceOf(item, known, ({ bytes, count }, before) => bytes === before.bytes && count === before.count)

function differenceOf(
  item: Item,
  known: KnownItem | undefined,
  same: (item: Item, known: KnownItem) => boolean,
): Difference | undefined {
  const { id, lost, digest } = item
  if (lost !== undefined) return { item: id, change: 'unreadable', detail: lost }
  if (!known) return { item: id, change: 'new' }
  const equal = digest === undefined ? same(item, known) : digest === known.digest
  return equal ? undefined : { item: id, change: 'changed' }
}
