import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { eachLimited } from '../src/index.ts'

it('works at so many at a time, in the order of the list', async () => {
  const begun: number[] = []
  let running = 0
  let most = 0
  await eachLimited(3, [1, 2, 3, 4, 5, 6, 7], async (one) => {
    begun.push(one)
    most = Math.max(most, ++running)
    await sleep(1)
    running--
  })
  expect({ begun, most, running }).toEqual({ begun: [1, 2, 3, 4, 5, 6, 7], most: 3, running: 0 })
})

it('throws the first failure once the others, which it aborts, have ended; begins nothing new', async () => {
  const ended: string[] = []
  const run = eachLimited(2, ['fails', 'waits', 'never'], async (one, signal) => {
    if (one === 'fails') throw new Error('first')
    await sleep(60_000, undefined, { signal }).catch(() => {})
    ended.push(one)
    throw new Error('second')
  })
  await expect(run).rejects.toThrow('first')
  expect(ended).toEqual(['waits'])
})

it('hands the signal of the caller on', async () => {
  const abort = new AbortController()
  const run = eachLimited(1, [1], (_one, signal) => sleep(60_000, undefined, { signal }), abort.signal)
  abort.abort()
  await expect(run).rejects.toMatchObject({ name: 'AbortError' })
})
