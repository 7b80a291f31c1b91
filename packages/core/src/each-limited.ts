/**
 * Works through a list, at most `limit` at a time. The first failure aborts the others and nothing new is begun; it
 * is thrown when all have ended, so nothing runs on behind the caller's back.
 */
export async function eachLimited<T>(
  limit: number,
  list: Iterable<T>,
  work: (one: T, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = list[Symbol.iterator]()
  const abort = new AbortController()
  const joint = signal ? AbortSignal.any([signal, abort.signal]) : abort.signal
  let failure: { readonly error: unknown } | undefined
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failure; next = iterator.next()) {
      try {
        await work(next.value, joint)
      } catch (error) {
        failure ??= { error }
        abort.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  if (failure) throw failure.error
}
