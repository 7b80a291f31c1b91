import type { IncomingHttpHeaders } from 'node:http'
import { throwIfInterrupted } from '@restitute/core'
import { ahead } from './ahead.ts'
import { type Fetched, fetchRange, type Range, Unreadable, type Wanted } from './fetch.ts'
import { pieceBytes } from './piece-memory.ts'
import type { Store } from './store.ts'

const mostInFlight = 4
const zeros = Buffer.alloc(256 * 1024)

/** A range of a version, read in pieces, several at once. */
export interface Pieces {
  /** Reads the first piece and gives the headers that came with it; throws {@link Unreadable}. */
  begin(): Promise<IncomingHttpHeaders>
  /**
   * Exactly the bytes of the range, once: zeros stand for what became unreadable on the way. A chunk is good until the next is
   * asked for.
   */
  content(): AsyncIterable<Uint8Array>
  /** To be asked when the content was read: why it is not the version's, or nothing. */
  readonly lost: string | undefined
}

/** A range of a version; nothing is asked for before {@link Pieces.begin}. */
export function pieces(store: Store, wanted: Wanted, range: Range, signal: AbortSignal): Pieces {
  const reach = { most: mostInFlight, bytes: mostInFlight * pieceBytes, weigh: ({ length }: Range) => length }
  const ask = (pinned: Wanted, piece: Range): Promise<Fetched> =>
    fetchRange(store, pinned, piece, signal, store.memory.take(Math.min(pieceBytes, range.length)))
  let begun: Promise<Fetched> | undefined
  const fetch = async (piece: Range): Promise<Fetched> => {
    if (wanted.etag !== undefined) return ask(wanted, piece)
    if (begun === undefined) return (begun = ask(wanted, piece))
    // Nobody said which object it is before the first answer: the others must be of that one.
    const { etag } = (await begun).headers
    return ask({ ...wanted, ...(etag !== undefined && { etag }) }, piece)
  }
  const all = ahead(cut(range), fetch, reach)[Symbol.asyncIterator]()
  let first: Fetched | undefined
  let lost: string | undefined
  async function* content(): AsyncIterable<Uint8Array> {
    let missing = range.length
    try {
      for (let piece = first; piece; piece = (await all.next()).value as Fetched | undefined) {
        missing -= piece.body.length
        yield piece.body
        // Whoever asks for more needs it no longer.
        store.memory.giveBack(piece.body)
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      lost = error.message
    } finally {
      await all.return?.()
    }
    yield* padding(missing, signal)
  }
  return {
    begin: async () => {
      const { value } = await all.next()
      first = value as Fetched
      return first.headers
    },
    content,
    get lost() {
      return lost
    },
  }
}

async function* cut({ offset, length }: Range): AsyncIterable<Range> {
  for (let at = 0; at < length; at += pieceBytes) {
    yield { offset: offset + at, length: Math.min(pieceBytes, length - at) }
  }
}

async function* padding(bytes: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= zeros.length) {
    throwIfInterrupted(signal)
    yield zeros.subarray(0, Math.min(left, zeros.length))
  }
}
