import type { Difference, Item, KnownItem } from './connector.ts'
import { compareUtf8 } from './order.ts'

/**
 * How what is found differs, by its digests, from what is known; both ascending by id. For connectors whose inventory
 * gives digests.
 */
export async function* differencesOf(
  found: AsyncIterable<Item>,
  known: AsyncIterable<KnownItem>,
): AsyncIterable<Difference> {
  const expected = known[Symbol.asyncIterator]()
  let next = await expected.next()
  for await (const item of found) {
    for (; !next.done && compareUtf8(next.value.id, item.id) < 0; next = await expected.next()) {
      yield { item: next.value.id, change: 'removed' }
    }
    const match = !next.done && next.value.id === item.id ? next.value : undefined
    const difference = differenceOf(item, match)
    if (difference) yield difference
    if (match) next = await expected.next()
  }
  for (; !next.done; next = await expected.next()) yield { item: next.value.id, change: 'removed' }
}

function differenceOf(item: Item, known: KnownItem | undefined): Difference | undefined {
  if (item.digest === undefined)
    return { item: item.id, change: 'unreadable', detail: item.lost ?? 'no digest' }
  if (!known) return { item: item.id, change: 'new' }
  if (item.digest === known.digest) return undefined
  return { item: item.id, change: 'changed', ...detailOf(item, known) }
}

function detailOf(item: Item, known: KnownItem): { detail?: string } {
  if (item.lost !== undefined) return { detail: item.lost }
  if (item.count === undefined || known.count === undefined || item.count === known.count) return {}
  return { detail: `expected ${known.count} rows, got ${item.count}` }
}
