import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry, Loss } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { inTurn } from '../src/in-turn.ts'

type Entries = AsyncGenerator<Entry | Loss, void>

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
})
