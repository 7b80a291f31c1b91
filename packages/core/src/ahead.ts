/**
 * The same chunks, the next one made while the reader is at the last: stages that wait for different things then work
 * beside each other. So each chunk must be good until the one after the next is asked for. The source is closed, and
 * what it was about ended, before this returns; its error comes in its place.
 */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncIterable<T> {
  const chunks = source[Symbol.asyncIterator]()
  let next = nextOf(chunks)
  try {
    for (let result = await next; !result.done; result = await next) {
      next = nextOf(chunks)
      yield result.value
    }
  } finally {
    await next.catch(() => {})
    await chunks.return?.()
  }
}

/** Its error is seen where it is waited for, which may be later. */
function nextOf<T>(chunks: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = chunks.next()
  next.catch(() => {})
  return next
}
