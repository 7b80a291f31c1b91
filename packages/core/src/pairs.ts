import type { Item, KnownItem } from './item.ts'
import { compareUtf8 } from './order.ts'

/** What is known of an id, and what is there now; at least one of them. */
export interface Pair<Now extends { readonly id: string } = Item> {
  readonly known?: KnownItem
  readonly now?: Now
}

/** Two streams of items, both ascending by id, side by side. Both are closed at the end, an early one too. */
export async function* pairs<Now extends { readonly id: string }>(
  known: AsyncIterable<KnownItem>,
  now: AsyncIterable<Now> | Iterable<Now>,
): AsyncIterable<Pair<Now>> {
  await using left = cursor(known)
  await using right = cursor(now)
  let [a, b] = [await left.next(), await right.next()]
  while (a || b) {
    const order = a && b ? compareUtf8(a.id, b.id) : a ? -1 : 1
    yield { ...(a && order <= 0 ? { known: a } : {}), ...(b && order >= 0 ? { now: b } : {}) }
    if (order <= 0) a = await left.next()
    if (order >= 0) b = await right.next()
  }
}

/** An iterator that gives nothing at its end, and is closed when disposed of. */
function cursor<T>(
  source: AsyncIterable<T> | Iterable<T>,
): { next(): Promise<T | undefined> } & AsyncDisposable {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  return {
    next: async () => {
      const result = await iterator.next()
      return result.done === true ? undefined : result.value
    },
    [Symbol.asyncDispose]: async () => void (await iterator.return?.()),
  }
}
