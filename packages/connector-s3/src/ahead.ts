/** How far ahead of its consumer work may run. */
export interface Reach<T> {
  /** Pieces of work at once. */
  readonly most: number
  /** Bytes that results not yet taken may hold. */
  readonly bytes: number
  readonly weigh: (one: T) => number
}

/** A piece of work that has begun. */
interface Begun<R> {
  readonly result: Promise<R>
  readonly weight: number
}

/**
 * The results of work on each, in order, several at once: what one waits for does not hold up the others. A piece heavier
 * than the limit is done alone. Ends its work before it ends itself.
 */
export async function* ahead<T, R>(
  source: AsyncIterable<T>,
  work: (one: T) => Promise<R>,
  { most, bytes, weigh }: Reach<T>,
): AsyncIterable<R> {
  const begun: Begun<R>[] = []
  let held = 0
  const take = async (): Promise<R> => {
    const first = begun.shift()
    held -= first?.weight ?? 0
    return (await first?.result) as R
  }
  try {
    for await (const one of source) {
      const weight = weigh(one)
      while (begun.length > 0 && (begun.length >= most || held + weight > bytes)) yield await take()
      const result = work(one)
      // Whoever takes it sees the failure; until then it must not count as unhandled.
      result.catch(() => {})
      begun.push({ result, weight })
      held += weight
    }
    while (begun.length > 0) yield await take()
  } finally {
    await Promise.allSettled(begun.map(({ result }) => result))
  }
}
