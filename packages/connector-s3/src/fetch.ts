import { setTimeout as sleep } from 'node:timers/promises'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { throwIfInterrupted } from '@restitute/core'
import { codeOf, reasonOf, statusOf, unreachable } from './errors.ts'
import { request, type VersionKey } from './facts.ts'
import type { Store } from './store.ts'

const attempts = 5
const firstPause = 200

/** A version as it was listed. */
export interface Wanted extends VersionKey {
  readonly bytes: number
  readonly etag?: string
  readonly checksum?: boolean
}

/** Bytes of it. */
export interface Range {
  readonly offset: number
  readonly length: number
}

/** Exactly the bytes asked for, and what came with them. */
export interface Fetched {
  readonly body: Buffer
  readonly answer: GetObjectCommandOutput
}

/** Why a version cannot be read, in a sentence; everything else that goes wrong is thrown. */
export class Unreadable extends Error {}

/** What an attempt ended with that another one may not. */
class WrongLength extends Error {}

/**
 * The whole of a version, or a range of it, in memory; it is the version that was listed (id, ETag) or {@link Unreadable}.
 * Answers that break off or have another length are asked for again. Throws `source-unreachable` when the service does not
 * answer, for then nothing is known of the version.
 */
export async function fetchRange(
  store: Store,
  wanted: Wanted,
  range: Range | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptRange(store, wanted, range, signal)
    } catch (error) {
      throwIfInterrupted(signal)
      if (isFinal(error)) throw new Unreadable(sentenceOf(error))
      if (attempt < attempts)
        await sleep(firstPause * 2 ** (attempt - 1), undefined, { signal }).catch(() => {})
      else if (error instanceof WrongLength) throw new Unreadable(error.message)
      else throw unreachable(store.location, error, signal)
    }
  }
}

async function attemptRange(
  store: Store,
  wanted: Wanted,
  range: Range | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const length = range?.length ?? wanted.bytes
  const answer = await store.send(
    new GetObjectCommand({
      ...request(store, wanted),
      ...(wanted.etag !== undefined && { IfMatch: wanted.etag }),
      ...(wanted.checksum && range === undefined && { ChecksumMode: 'ENABLED' as const }),
      ...(range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    }),
    signal,
  )
  const body = await collect(answer.Body as AsyncIterable<Buffer> | undefined, length)
  return { body, answer }
}

/** The stream is read to its end even where it is too long: the connection can then be used again. */
async function collect(stream: AsyncIterable<Buffer> | undefined, length: number): Promise<Buffer> {
  const body = Buffer.allocUnsafeSlow(length)
  let got = 0
  for await (const chunk of stream ?? []) {
    if (got + chunk.length <= length) body.set(chunk, got)
    got += chunk.length
    if (got > length + body.length) break
  }
  if (got === length) return body
  throw new WrongLength(`expected ${length} bytes, got ${got > length ? 'more' : got}`)
}

/** What the service says of the object itself; asking again would not change it. */
function isFinal(error: unknown): boolean {
  const status = statusOf(error) ?? 0
  return !(error instanceof WrongLength) && status >= 400 && status < 500 && status !== 408 && status !== 429
}

function sentenceOf(error: unknown): string {
  const [status, code] = [statusOf(error), codeOf(error)]
  if (status === 404) return 'deleted after it was inventoried'
  if (status === 412) return 'replaced after it was inventoried'
  if (code === 'InvalidObjectState') return 'it lies in an archive and was not thawed'
  if (status === 400)
    return 'the service does not give it without a key: encrypted with a key of the customer (SSE-C)'
  return `cannot be read: ${reasonOf(error)}`
}
