import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { newPace, type Pace, paced, setPace } from '../src/workers/pace.ts'

const { signal } = new AbortController()

async function* chunks(...sizes: number[]): AsyncIterable<Uint8Array> {
  for (const size of sizes) yield Buffer.alloc(size, size)
}

function paceOf(rate: number): Pace {
  const pace = newPace()
  setPace(pace, { rate, paused: false })
  return pace
}

describe('paced', () => {
  it.each([newPace(), paceOf(1e9)])('changes nothing but the time', async (pace) => {
    const all = await Array.fromAsync(paced(chunks(3, 0, 5), pace, signal))
    expect(Buffer.concat(all)).toEqual(Buffer.concat([Buffer.alloc(3, 3), Buffer.alloc(5, 5)]))
  })

  it('books the time of all who share it one after the other', async () => {
    const pace = paceOf(100_000)
    const begun = process.hrtime.bigint()
    await Promise.all([
      Array.fromAsync(paced(chunks(5_000), pace, signal)),
      Array.fromAsync(paced(chunks(5_000), pace, signal)),
    ])
    const [booked = 0n] = new BigInt64Array(pace)
    expect(booked - begun >= 100_000_000n).toBe(true)
  })

  it('forgets what was booked once the rate is another', async () => {
    const pace = paceOf(1)
    const waiting = Array.fromAsync(paced(chunks(1_000_000, 1), pace, signal))
    await sleep(10)
    setPace(pace, { paused: false })
    await expect(waiting).resolves.toHaveLength(2)
  })

  it('lets nothing through while paused, and all of it afterwards', async () => {
    const pace = newPace()
    setPace(pace, { paused: true })
    let passed = 0
    const passing = (async () => {
      for await (const _chunk of paced(chunks(1, 1, 1), pace, signal)) passed++
    })()
    await sleep(50)
    expect(passed).toBe(0)
    setPace(pace, { paused: false })
    await passing
    expect(passed).toBe(3)
  })

  it.each([{ rate: 1, paused: false }, { paused: true }])(
    'stops waiting when interrupted: %o',
    async (terms) => {
      const abort = new AbortController()
      const pace = newPace()
      setPace(pace, terms)
      const waiting = Array.fromAsync(paced(chunks(1_000, 1), pace, abort.signal))
      abort.abort()
      await expect(waiting).rejects.toThrow('aborted')
    },
  )
})
