import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { asRestituteError, RestituteError, throwIfInterrupted } from '@restitute/core'
import { type Bucket, objectOf } from './bucket.ts'
import { nameOf, s3Error } from './errors.ts'

const retries = 5
const firstPauseMs = 200

/**
 * Streams an object from an offset. A connection that breaks, and a body that is shorter than announced, are gone on
 * with from where they broke, in the same object (by its ETag); after five breaks in a row without a byte between them
 * it throws. `destination-failed` when the object is replaced meanwhile.
 */
export async function* readObject(
  bucket: Bucket,
  name: string,
  { offset = 0, signal }: { offset?: number; signal?: AbortSignal },
): AsyncIterable<Uint8Array> {
  const at: Position = { next: offset, breaks: 0 }
  while (at.end === undefined || at.next < at.end) {
    throwIfInterrupted(signal)
    try {
      yield* bodyFrom(bucket, name, at, signal)
      if (at.end !== undefined && at.next < at.end) throw shortBody(name, at)
    } catch (thrown) {
      if (signal?.aborted) throw asRestituteError(interrupted(thrown))
      const error = s3Error(thrown, `reading ${name}`)
      if (!error.retryable || ++at.breaks > retries) throw error
      await sleep(firstPauseMs * 2 ** at.breaks, undefined, signal && { signal })
    }
  }
}

interface Position {
  next: number
  /** Size of the object, once it is known. */
  end?: number
  etag?: string
  breaks: number
}

async function* bodyFrom(
  bucket: Bucket,
  name: string,
  at: Position,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const command = new GetObjectCommand({
    ...objectOf(bucket, name),
    // Without bytes there is no range: an empty object is asked for as a whole.
    ...(at.next > 0 && { Range: `bytes=${at.next}-` }),
    ...(at.etag && { IfMatch: at.etag }),
  })
  const got = await bucket.client.send(command, signal && { abortSignal: signal }).catch(pastTheEnd)
  if (got === undefined) {
    at.end = at.next
    return
  }
  at.end = sizeOf(got, at.next, name)
  if (got.ETag) at.etag = got.ETag
  for await (const chunk of got.Body as AsyncIterable<Uint8Array>) {
    at.next += chunk.length
    at.breaks = 0
    if (at.next > at.end)
      throw new RestituteError('destination-failed', `reading ${name}: more than announced`)
    yield chunk
  }
}

/** An offset at or past the end reads as nothing. */
function pastTheEnd(thrown: unknown): undefined {
  if (nameOf(thrown) === 'InvalidRange') return undefined
  throw thrown
}

/** What was asked for must have come: a service may ignore a range. */
function sizeOf(
  { ContentLength, ContentRange }: Pick<GetObjectCommandOutput, 'ContentLength' | 'ContentRange'>,
  from: number,
  name: string,
): number {
  if (from === 0 && ContentRange === undefined && ContentLength !== undefined) return ContentLength
  const [, begins, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? []
  if (Number(begins) === from && size !== undefined) return Number(size)
  throw new RestituteError(
    'destination-failed',
    `reading ${name}: expected bytes from ${from}, got ${ContentRange ?? 'all'}`,
  )
}

function shortBody(name: string, { next, end }: Position): RestituteError {
  return new RestituteError('destination-failed', `reading ${name}: expected ${end} bytes, got ${next}`)
}

function interrupted(cause: unknown): RestituteError {
  return new RestituteError('interrupted', 'interrupted before the end', { cause })
}
