import { type Extent, throwIfInterrupted } from '@restitute/core'
import { type Image, nodeOf } from '../image/image.ts'
import type { NbdConnection } from '../nbd/connection.ts'
import { serve } from '../nbd/server.ts'
import { chunkBytes, type Range, type Reader } from './reader.ts'
import { vhdxData } from './vhdx-data.ts'

/** Requests that are on their way at once. */
const inFlight = 8
/** The protocol counts stretches with 32 bits. */
const longestQuestion = 2 ** 30

/** An image as its guest sees it, or saw it at one of its internal snapshots, by way of `qemu-nbd`. */
export async function openNbdReader(
  image: Image,
  snapshot: string | undefined,
  signal: AbortSignal,
): Promise<Reader> {
  const at = snapshot === undefined ? [] : ['--load-snapshot', `snapshot.id=${snapshot}`]
  const server = await serve(['--read-only', ...at, `json:${JSON.stringify(nodeOf(image))}`], {}, signal)
  const { connection } = server
  const unused: Buffer[] = []
  return {
    size: connection.size,
    data: (range, stop) => whileAlive(connection, stop, dataOf(image, connection, range)),
    read: (ranges, stop) => whileAlive(connection, stop, readIn(connection, ranges, unused)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** A server that hangs is left once the signal is aborted. */
async function* whileAlive<T>(
  connection: NbdConnection,
  signal: AbortSignal,
  values: AsyncIterable<T>,
): AsyncIterable<T> {
  const stop = (): void => connection.close()
  signal.addEventListener('abort', stop)
  try {
    for await (const value of values) {
      throwIfInterrupted(signal)
      yield value
    }
  } catch (error) {
    throwIfInterrupted(signal)
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function dataOf(image: Image, connection: NbdConnection, range: Range): AsyncIterable<Extent> {
  return image.format === 'vhdx' && !image.window ? vhdxData(image.path, range) : dataIn(connection, range)
}

async function* dataIn(connection: NbdConnection, { offset, length }: Range): AsyncIterable<Extent> {
  const end = offset + length
  for (let at = offset; at < end; ) {
    for (const stretch of await connection.status(at, Math.min(longestQuestion, end - at))) {
      const extent = { offset: at, length: Math.min(stretch.length, end - at) }
      if (!stretch.zero && extent.length > 0) yield extent
      at += extent.length
    }
  }
}

/** An answer, and the buffer in which it lies. */
interface Answer {
  readonly bytes: Buffer
  readonly buffer: Buffer
}

/** Buffers go back to the `unused` ones; those of whoever stops reading do not, since answers may still come. */
async function* readIn(
  connection: NbdConnection,
  ranges: readonly Range[],
  unused: Buffer[],
): AsyncIterable<Uint8Array> {
  const pieces = piecesOf(ranges)[Symbol.iterator]()
  const asked: Promise<Answer>[] = []
  const ask = async ({ offset, length }: Range): Promise<Answer> => {
    const buffer = unused.pop() ?? Buffer.allocUnsafeSlow(chunkBytes)
    const bytes = buffer.subarray(0, length)
    await connection.read(offset, bytes)
    return { bytes, buffer }
  }
  for (;;) {
    while (asked.length < inFlight) {
      const { done, value } = pieces.next()
      if (done) break
      const answer = ask(value)
      // Whoever stops reading leaves answers behind that nobody looks at.
      answer.catch(() => {})
      asked.push(answer)
    }
    const answer = await asked.shift()
    if (answer === undefined) return
    yield answer.bytes
    unused.push(answer.buffer)
  }
}

function* piecesOf(ranges: readonly Range[]): Iterable<Range> {
  for (const { offset, length } of ranges) {
    for (let at = 0; at < length; at += chunkBytes) {
      yield { offset: offset + at, length: Math.min(chunkBytes, length - at) }
    }
  }
}
