/**
 * Pieces of work of which the next may begin while the last one is being ended, for that is mostly waiting; never more than
 * one of those, so that memory does not grow with a slow destination. A piece calls `onPacked` when it comes to its end and
 * waits for it; `free` is told that the next one may begin. A failure is its own piece's alone.
 */
export function overlapping(): <T>(
  free: () => void,
  work: (onPacked: () => Promise<void>) => Promise<T>,
) => Promise<T> {
  let ending: Promise<unknown> = Promise.resolve()
  return (free, work) => {
    const done = work(async () => {
      await ending
      ending = done.catch(() => {})
      free()
    })
    return done
  }
}
