/** Maps a stream with up to `width` calls under way; results come in the stream's order. */
export async function* ahead<T, U>(
  source: AsyncIterable<T>,
  width: number,
  map: (value: T) => Promise<U>,
): AsyncIterable<U> {
  const queue: Promise<U>[] = []
  try {
    for await (const value of source) {
      const result = map(value)
      result.catch(() => {}) // it is awaited in its turn; until then a failure is not unhandled
      queue.push(result)
      if (queue.length >= width) yield (await queue.shift()) as U
    }
    for (let result = queue.shift(); result; result = queue.shift()) yield await result
  } finally {
    await Promise.allSettled(queue)
  }
}
