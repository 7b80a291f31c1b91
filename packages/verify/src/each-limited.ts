/**
 * Works through a list, at most `limit` at a time. After a failure nothing new is begun; it throws the first
 * failure once everything begun has ended.
 */
export async function eachLimited<T>(
  limit: number,
  list: Iterable<T>,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const iterator = list[Symbol.iterator]()
  let failed = false
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      try {
        await work(next.value)
      } catch (thrown) {
        failed = true
        throw thrown
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: limit }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
