import type { Entry, Loss } from '@restitute/core'

/** Entries, as they are read from the source. */
export type Entries = AsyncGenerator<Entry | Loss, void>

/** Begins to read; ends when its signal says so. */
export type Begin = (signal: AbortSignal) => Entries

/** A stream that was asked for its next entry, to be taken later. */
interface Asked {
  readonly stream: Entries
  readonly next: ReturnType<Entries['next']>
}

/**
 * Streams that read on while what another gave is taken. When one fails, or nobody asks any more, the signal that each was
 * given ends the others; what is thrown is what failed first.
 */
class Streams implements AsyncDisposable {
  readonly #over = new AbortController()
  readonly #signal: AbortSignal
  readonly #failed = Promise.withResolvers<never>()
  readonly #begun: Entries[] = []

  constructor(signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#over.signal])
    this.#failed.promise.catch(() => this.#over.abort())
  }

  begin(start: Begin): Asked {
    const stream = start(this.#signal)
    this.#begun.push(stream)
    return this.ask(stream)
  }

  ask(stream: Entries): Asked {
    const next = stream.next()
    next.catch(this.#failed.reject)
    return { stream, next }
  }

  take({ next }: Asked): ReturnType<Entries['next']> {
    return Promise.race([this.#failed.promise, next])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await Promise.allSettled(this.#begun.map((stream) => stream.return()))
  }
}

/** The entries of several streams, one of each in turn until all have ended. All are begun at once. */
export async function* inTurn(begin: readonly Begin[], signal: AbortSignal): Entries {
  await using streams = new Streams(signal)
  const waiting = begin.map((start) => streams.begin(start))
  for (let turn = waiting.shift(); turn; turn = waiting.shift()) {
    const { value, done } = await streams.take(turn)
    if (done) continue
    yield value
    waiting.push(streams.ask(turn.stream))
  }
}

/** A stream among others. */
export interface Work {
  readonly begin: Begin
  /** May be begun while the one before is being taken. */
  readonly ahead: boolean
}

/** The entries of one stream after the other, in their order; the next one is begun ahead where it may be. */
export async function* oneAhead(works: AsyncIterable<Work>, signal: AbortSignal): Entries {
  await using streams = new Streams(signal)
  let now: Asked | undefined
  for await (const { begin, ahead } of works) {
    const next = ahead && now ? streams.begin(begin) : undefined
    if (now) yield* rest(streams, now)
    now = next ?? streams.begin(begin)
  }
  if (now) yield* rest(streams, now)
}

async function* rest(streams: Streams, first: Asked): Entries {
  for (let turn = first; ; turn = streams.ask(turn.stream)) {
    const { value, done } = await streams.take(turn)
    if (done) return
    yield value
  }
}

/** The same entries, of which the first is being read already. */
export function begun(entries: Entries): AsyncDisposable & { readonly entries: Entries } {
  const first = entries.next()
  first.catch(() => {})
  const all = async function* (): Entries {
    for (let next = await first; !next.done; next = await entries.next()) yield next.value
  }
  return { entries: all(), [Symbol.asyncDispose]: async () => void (await entries.return()) }
}
