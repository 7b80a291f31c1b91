import { throwIfInterrupted } from '@restitute/core'
import { type Answer, discard } from './http.ts'
import type { FetchedBlob } from './store.ts'

const mostCuts = 10

/**
 * The body of a blob as one stream: where the connection is cut, it goes on from there by another request, some times.
 * Then it ends early, and whoever counts the bytes sees it. `again` asks for the rest; nothing when there is none.
 */
export function resumed(
  first: Answer,
  from: number,
  again: (from: number) => Promise<Answer | undefined>,
  signal: AbortSignal,
): FetchedBlob {
  let answer: Answer | undefined = first
  const bytes = lengthOf(first)
  async function* body(): AsyncIterable<Uint8Array> {
    let at = from
    for (let cuts = 0; answer !== undefined; cuts++) {
      try {
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          at += chunk.length
          yield chunk
        }
        return
      } catch {
        throwIfInterrupted(signal)
      }
      answer = cuts < mostCuts ? await again(at) : undefined
    }
  }
  return { bytes, body: body(), close: () => close(answer) }
}

function close(answer: Answer | undefined): void {
  if (answer === undefined || answer.body.readableEnded) return
  discard(answer)
  answer.body.destroy()
}

function lengthOf({ headers }: Answer): number | undefined {
  const length = headers['content-length'] ?? ''
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined
}
