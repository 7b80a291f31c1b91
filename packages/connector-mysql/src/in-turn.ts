import type { Entry, Loss } from '@restitute/core'

/** Entries, as they are read from the source. */
type Entries = AsyncGenerator<Entry | Loss, void>

/**
 * The entries of several streams, one of each in turn until all have ended. All are begun at once, so that each reads on while
 * what another gave is taken. When one fails, or nobody asks any more, the signal that each was given ends the others; what is
 * thrown is what failed first.
 */
export async function* inTurn(
  begin: readonly ((signal: AbortSignal) => Entries)[],
  signal: AbortSignal,
): Entries {
  const over = new AbortController()
  const joint = AbortSignal.any([signal, over.signal])
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => over.abort())
  const ahead = (stream: Entries) => {
    const next = stream.next()
    next.catch(failed.reject)
    return { stream, next }
  }
  const streams = begin.map((start) => start(joint))
  const waiting = streams.map(ahead)
  try {
    for (let turn = waiting.shift(); turn; turn = waiting.shift()) {
      const { value, done } = await Promise.race([failed.promise, turn.next])
      if (done) continue
      yield value
      waiting.push(ahead(turn.stream))
    }
  } finally {
    over.abort()
    await Promise.allSettled(streams.map((stream) => stream.return()))
  }
}
