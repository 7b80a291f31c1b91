import { compareUtf8, type Difference, type Item, type KnownItem } from '@restitute/core'

/**
 * What is now against what is known, both ascending by id: by digest where the program gives one, by mark otherwise, so
 * a comparison is worth what the marks of the program are. Of a restored system, marks need not be those of the old one:
 * there only digests, numbers and sizes count.
 */
export async function* differencesOf(
  now: AsyncIterable<Item>,
  known: AsyncIterable<KnownItem>,
  marks: boolean,
): AsyncIterable<Difference> {
  const expected = known[Symbol.asyncIterator]()
  let next = await expected.next()
  for await (const item of now) {
    for (; !next.done && compareUtf8(next.value.id, item.id) < 0; next = await expected.next()) {
      yield { item: next.value.id, change: 'removed' }
    }
    const match = !next.done && next.value.id === item.id ? next.value : undefined
    const difference = differenceOf(item, match, marks)
    if (difference) yield difference
    if (match) next = await expected.next()
  }
  for (; !next.done; next = await expected.next()) yield { item: next.value.id, change: 'removed' }
}

function differenceOf(item: Item, known: KnownItem | undefined, marks: boolean): Difference | undefined {
  const { id } = item
  if (item.lost !== undefined) return { item: id, change: 'unreadable', detail: item.lost }
  if (!known) return { item: id, change: 'new' }
  return isSame(item, known, marks) ? undefined : { item: id, change: 'changed' }
}

function isSame(item: Item, known: KnownItem, marks: boolean): boolean {
  if (item.digest !== undefined) return item.digest === known.digest
  if (marks) return item.mark === known.mark
  return item.bytes === known.bytes && item.count === known.count
}
