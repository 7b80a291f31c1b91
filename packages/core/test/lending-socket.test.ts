import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { LendingSocket } from '../src/index.ts'

/** A connected pair: what is written to the first is read by the second. */
async function pair(): Promise<{ writer: Socket; reader: LendingSocket } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reader = new LendingSocket()
  reader.connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [writer] = (await once(server, 'connection')) as [Socket]
  return {
    ...{ writer, reader },
    async [Symbol.asyncDispose]() {
      reader.destroy()
      writer.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The pieces of two writes, each kept as it was given. */
async function twoPieces(lends: boolean): Promise<Buffer[]> {
  await using ends = await pair()
  const pieces: Buffer[] = []
  ends.reader.lends = lends
  ends.reader.on('data', (piece: Buffer) => pieces.push(piece))
  for (const text of ['first', 'other']) {
    const came = once(ends.reader, 'data')
    ends.writer.write(text)
    await came
  }
  return pieces
}

describe('a socket that lends its memory', () => {
  it('gives pieces that stay as they are until it is told to lend', async () => {
    expect((await twoPieces(false)).map(String)).toEqual(['first', 'other'])
  })

  it('reads into the same memory again once it lends', async () => {
    expect((await twoPieces(true)).map(String)).toEqual(['other', 'other'])
  })

  it('gives every byte in order, paused and resumed in between, and then its end', async () => {
    await using ends = await pair()
    const sent = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251))
    const got = Buffer.alloc(sent.length)
    let at = 0
    ends.reader.lends = true
    ends.reader.on('data', (piece: Buffer) => {
      at += piece.copy(got, at)
      ends.reader.pause()
      setImmediate(() => ends.reader.resume())
    })
    ends.writer.end(sent)
    await once(ends.reader, 'end')
    expect(got.equals(sent)).toBe(true)
  })
})
