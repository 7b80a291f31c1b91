import { describe, expect, it } from 'vitest'
import { newPace, paced } from '../src/workers/pace.ts'

async function* chunks(...sizes: number[]): AsyncIterable<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, size)
}

describe('paced', () => {
  it('changes nothing but the time', async () => {
    const { signal } = new AbortController()
    const all = await Array.fromAsync(paced(chunks(3, 0, 5), newPace(1e9), signal))
    expect(Buffer.concat(all)).toEqual(Buffer.concat([Buffer.alloc(3, 3), Buffer.alloc(5, 5)]))
  })

  it('books the time of all who share it one after the other', async () => {
    const { signal } = new AbortController()
    const pace = newPace(100_000)
    const begun = process.hrtime.bigint()
    await Promise.all([
      Array.fromAsync(paced(chunks(5_000), pace, signal)),
      Array.fromAsync(paced(chunks(5_000), pace, signal)),
    ])
    const [booked = 0n] = new BigInt64Array(pace)
    expect(booked - begun >= 100_000_000n).toBe(true)
  })

  it('stops waiting when interrupted', async () => {
    const abort = new AbortController()
    const waiting = Array.fromAsync(paced(chunks(1_000, 1), newPace(1), abort.signal))
    abort.abort()
    await expect(waiting).rejects.toThrow('aborted')
  })
})
