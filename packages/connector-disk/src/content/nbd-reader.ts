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
  return {
    size: connection.size,
    data: (range, stop) => whileAlive(connection, stop, dataOf(image, connection, range)),
    read: (range, stop) => whileAlive(connection, stop, readIn(connection, range)),
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

async function* readIn(connection: NbdConnection, { offset, length }: Range): AsyncIterable<Uint8Array> {
  const asked: Promise<Buffer>[] = []
  let next = 0
  const ask = (): void => {
    const bytes = Math.min(chunkBytes, length - next)
    const answer = connection.read(offset + next, bytes)
    // Whoever stops reading leaves answers behind that nobody looks at.
    answer.catch(() => {})
    asked.push(answer)
    next += bytes
  }
  for (let taken = 0; taken < length; ) {
    while (asked.length < inFlight && next < length) ask()
    const bytes = await (asked.shift() as Promise<Buffer>)
    taken += bytes.length
    yield bytes
  }
}
