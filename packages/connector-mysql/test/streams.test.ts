import { setTimeout as sleep } from 'node:timers/promises'
import type { Loss } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { begun, type Entries, inTurn, oneAhead, type Work } from '../src/streams.ts'

const { signal } = new AbortController()
const named = (item: string): Loss => ({ item, lost: 'only named' })

/** A stream of so many, that notes what becomes of it. */
function stream(name: string, length: number, log: string[] = []): (signal: AbortSignal) => Entries {
  return async function* (joint) {
    try {
      for (let i = 1; i <= length; i++) {
        log.push(`${name}${i} asked for`)
        yield named(`${name}${i}`)
      }
    } finally {
      log.push(`${name} over${joint.aborted ? ', told so' : ''}`)
    }
  }
}

async function* failing(): Entries {
  yield named('b1')
  throw new Error('cut')
}

/** Ends only when it is told so. */
async function* waiting(joint: AbortSignal): Entries {
  await sleep(60_000, undefined, { signal: joint })
  yield named('never')
}

const itemsOf = async (entries: Entries): Promise<string[]> =>
  (await Array.fromAsync(entries)).map(({ item }) => item ?? '')

describe('streams in turn', () => {
  it('give one each until all have ended', async () => {
    expect(await itemsOf(inTurn([stream('a', 3), stream('b', 1), stream('c', 2)], signal))).toEqual([
      'a1',
      'b1',
      'c1',
      'a2',
      'c2',
      'a3',
    ])
    expect(await itemsOf(inTurn([], signal))).toEqual([])
  })

  it('are all begun before the first gives anything, and none is asked for more than one ahead', async () => {
    const log: string[] = []
    const all = inTurn([stream('a', 5, log), stream('b', 5, log)], signal)
    await all.next()
    expect(log).toEqual(['a1 asked for', 'b1 asked for'])
    await all.next()
    expect(log).toEqual(['a1 asked for', 'b1 asked for', 'a2 asked for'])
    await all.return()
    expect(log.slice(3)).toEqual(['a over, told so', 'b over, told so'])
  })

  it('end the others when one fails, also one that waits', async () => {
    const log: string[] = []
    const all = inTurn([stream('a', 9, log), failing], signal)
    await expect(Array.fromAsync(all)).rejects.toThrow('cut')
    expect(log).toContain('a over, told so')
    await expect(Array.fromAsync(inTurn([failing, waiting], signal))).rejects.toThrow('cut')
  })

  it('end when they are told so from outside, also those that wait', async () => {
    const stop = new AbortController()
    const all = Array.fromAsync(inTurn([waiting, waiting], stop.signal))
    stop.abort()
    await expect(all).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('streams one after the other', () => {
  const works = async function* (...all: Work[]): AsyncIterable<Work> {
    yield* all
  }

  it('give all of one before the next, which is begun while the one before is taken, where it may be', async () => {
    const log: string[] = []
    const ahead = (name: string, may = true): Work => ({ begin: stream(name, 2, log), ahead: may })
    const all = oneAhead(works(ahead('a'), ahead('b'), ahead('c', false)), signal)
    await all.next()
    expect(log).toEqual(['a1 asked for', 'b1 asked for'])
    const rest = await itemsOf(all)
    expect(rest).toEqual(['a2', 'b1', 'b2', 'c1', 'c2'])
    expect(log.indexOf('c1 asked for')).toBeGreaterThan(log.indexOf('b over'))
    expect(log.slice(-1)).toEqual(['c over'])
    expect(await itemsOf(oneAhead(works(), signal))).toEqual([])
  })

  it('end what was begun ahead when the one before fails, or nobody asks any more', async () => {
    const log: string[] = []
    const next = { begin: stream('a', 2, log), ahead: true }
    await expect(
      Array.fromAsync(oneAhead(works({ begin: failing, ahead: false }, next), signal)),
    ).rejects.toThrow('cut')
    expect(log).toEqual(['a1 asked for', 'a over, told so'])
    const all = oneAhead(
      works({ begin: stream('b', 9), ahead: false }, { begin: waiting, ahead: true }),
      signal,
    )
    await all.next()
    await all.return()
  })

  it('read the first entry before it is asked for, where they are begun', async () => {
    const log: string[] = []
    await using read = begun(stream('a', 2, log)(signal))
    expect(log).toEqual(['a1 asked for'])
    expect(await itemsOf(read.entries)).toEqual(['a1', 'a2'])
  })
})
