import { compareUtf8, type Item } from '@restitute/core'

/** What is known of an id, and what is there now; at least one of them. */
export interface Pair {
  readonly known?: Item
  readonly now?: Item
}

/** Two streams of items, both ascending by id, side by side. */
export async function* pairs(known: AsyncIterable<Item>, now: AsyncIterable<Item>): AsyncIterable<Pair> {
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
function cursor<T>(source: AsyncIterable<T>): { next(): Promise<T | undefined> } & AsyncDisposable {
  const iterator = source[Symbol.asyncIterator]()
  return {
    next: async () => {
      const result = await iterator.next()
      return result.done === true ? undefined : result.value
    },
    [Symbol.asyncDispose]: async () => void (await iterator.return?.()),
  }
}
