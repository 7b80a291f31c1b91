import { expect, it } from 'vitest'
import { WorkerPool } from '../src/workers/pool.ts'
import type { WorkerHandle } from '../src/workers/worker-handle.ts'

/** A thread that waits to be ended. */
const idle = new URL('data:text/javascript,setInterval(()=>{},1e9)')

const itself = async (worker: WorkerHandle): Promise<WorkerHandle> => worker

it('goes on with the thread that was at work last, which has its source open', async () => {
  await using pool = new WorkerPool(idle, 2)
  const first = await pool.use(itself)
  expect(await pool.use(itself)).toBe(first)
  expect(await pool.use(itself)).toBe(first)
})

it('gives each piece of work a thread of its own, as many as there are, and the next one the first that is free', async () => {
  await using pool = new WorkerPool(idle, 2)
  const free = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const asked = free.map(({ promise }) => pool.use(async (worker) => promise.then(() => worker)))
  const third = pool.use(itself)
  free[1].resolve()
  const second = await asked[1]
  expect(await third).toBe(second)
  free[0].resolve()
  expect(await asked[0]).not.toBe(second)
})
