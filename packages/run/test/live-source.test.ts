import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { LiveSource } from '../src/export/live-source.ts'
import type { ExportSource } from '../src/export/options.ts'
import type { Moment } from '../src/hooks/moment.ts'
import { passage } from '../src/workers/pace.ts'
import { WorkerPool } from '../src/workers/pool.ts'

const source = { terms: { name: 'records' }, instance: 'A', spec: { url: 'files:/nowhere' } } as ExportSource

function newLive(): LiveSource {
  const live = new LiveSource(source, new WorkerPool(new URL('data:text/javascript,'), 1), {} as Moment)
  live.allow({})
  return live
}

/** A piece of work that leaves its turn and ends when the test says so. */
function piece(live: LiveSource, notes: string[], name: string) {
  const [packed, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const done = live.inTurn(async (leave) => {
    notes.push(`${name} begins`)
    await packed.promise
    leave()
    await ended.promise
    return name
  })
  return { pack: packed.resolve, end: ended.resolve, fail: ended.reject, done }
}

it('gives the turn on when it is left, counts what is still in hand, and answers at the end', async () => {
  const live = newLive()
  const notes: string[] = []
  const [one, two] = [piece(live, notes, '1'), piece(live, notes, '2')]
  await setImmediate()
  expect(notes).toEqual(['1 begins'])
  one.pack()
  await setImmediate()
  expect(notes).toEqual(['1 begins', '2 begins'])
  expect(live.inHand).toBe(2)
  one.end()
  expect(await one.done).toBe('1')
  expect(live.inHand).toBe(1)
  two.pack()
  two.end()
  expect(await two.done).toBe('2')
  expect(live.inHand).toBe(0)
})

it('tells what failed after its turn was left to who asked for it, and to nobody else', async () => {
  const live = newLive()
  const notes: string[] = []
  const [one, two] = [piece(live, notes, '1'), piece(live, notes, '2')]
  one.pack()
  await setImmediate()
  one.fail(new Error('read back: other bytes'))
  await expect(one.done).rejects.toThrow('read back: other bytes')
  two.pack()
  two.end()
  expect(await two.done).toBe('2')
})

it('holds an inventory outside the window, and not a volume that was begun', async () => {
  const live = newLive()
  const { signal } = new AbortController()
  const mayRead = (): boolean => passage(live.pace, 0, signal) === undefined
  live.allow({ hold: 'window' })
  expect(mayRead()).toBe(true)
  const end = Promise.withResolvers<void>()
  const inventory = live.counting(() => end.promise)
  live.allow({})
  expect(mayRead()).toBe(true)
  live.allow({ hold: 'window' })
  await expect(passage(live.pace, 0, AbortSignal.abort())).rejects.toThrow('aborted')
  end.resolve()
  await inventory
  expect(mayRead()).toBe(true)
})
