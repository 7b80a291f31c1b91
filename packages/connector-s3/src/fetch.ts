import type { IncomingHttpHeaders } from 'node:http'
import { release, throwIfInterrupted } from '@restitute/core'
import { type ObjectAnswer, ServiceRefusal } from '@restitute/s3-client'
import { codeOf, isOfAccount, reasonOf, statusOf, unreachable } from './errors.ts'
import type { VersionKey } from './facts.ts'
import { isFinal, persistently } from './persistently.ts'
import type { Store } from './store.ts'

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
  readonly headers: IncomingHttpHeaders
}

/** Why a version cannot be read, in a sentence; everything else that goes wrong is thrown. */
export class Unreadable extends Error {}

/** What an attempt ended with that another one may not. */
class WrongLength extends Error {}

/**
 * The whole of a version, or a range of it, in memory; it is the version that was listed (id, ETag) or {@link Unreadable}.
 * Answers that break off or have another length are asked for again. `memory`, at least as large, is what the body then lies
 * in. Throws `source-unreachable` when the service does not
 * answer, for then nothing is known of the version.
 */
export async function fetchRange(
  store: Store,
  wanted: Wanted,
  range: Range | undefined,
  signal: AbortSignal,
  memory?: Buffer,
): Promise<Fetched> {
  try {
    return await persistently(() => attemptRange(store, wanted, range, signal, memory), signal)
  } catch (error) {
    throwIfInterrupted(signal)
    if (isFinal(error) && !isOfAccount(error)) throw new Unreadable(sentenceOf(error))
    if (error instanceof WrongLength) throw new Unreadable(error.message)
    throw unreachable(store.location, error, signal)
  }
}

async function attemptRange(
  store: Store,
  wanted: Wanted,
  range: Range | undefined,
  signal: AbortSignal,
  memory: Buffer | undefined,
): Promise<Fetched> {
  const length = range?.length ?? wanted.bytes
  const answer = await store.askOnce(
    'GET',
    wanted,
    {
      ...(wanted.etag !== undefined && { 'if-match': wanted.etag }),
      ...(wanted.checksum && range === undefined && { 'x-amz-checksum-mode': 'ENABLED' }),
      ...(range && { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    },
    signal,
  )
  expectSame(answer, wanted)
  const body = await (memory ? fill(memory, answer, length) : collect(answer, length))
  return { body, headers: answer.headers }
}

/** A body that is longer than it should be is given up, and its connection with it. */
async function collect(stream: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let got = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    got += chunk.length
    if (got > length) break
  }
  expectLength(got, length)
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

/** Likewise, into memory that is there. */
async function fill(memory: Buffer, stream: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
  let got = 0
  for await (const chunk of stream) {
    if (got + chunk.length <= length) memory.set(chunk, got)
    got += chunk.length
    release(chunk)
    if (got > length) break
  }
  expectLength(got, length)
  return memory.subarray(0, length)
}

/** A service may not heed the condition: the pieces of a large object would be those of two. */
function expectSame(answer: ObjectAnswer, { etag }: Wanted): void {
  const got = answer.headers.etag
  if (etag === undefined || got === undefined || bare(got) === bare(etag)) return
  answer.destroy()
  throw new ServiceRefusal('PreconditionFailed', 412, undefined)
}

/** Services differ in the quotes. */
function bare(etag: string): string {
  return etag.replaceAll('"', '')
}

function expectLength(got: number, length: number): void {
  if (got !== length) throw new WrongLength(`expected ${length} bytes, got ${got > length ? 'more' : got}`)
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
