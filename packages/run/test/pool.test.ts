import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { WorkerPool } from '../src/workers/pool.ts'
import type { WorkerHandle } from '../src/workers/worker-handle.ts'

/** A thread that waits to be ended. */
const idle = new URL('data:text/javascript,setInterval(()=>{},1e9)')

/** One that dies of the first thing it is asked. */
const dying = new URL(
  "data:text/javascript,import{parentPort}from'node:worker_threads';parentPort.on('message',()=>process.exit(1))",
)

const itself = async (worker: WorkerHandle): Promise<WorkerHandle> => worker

it('goes on with the thread that was at work last, which has its source open', async () => {
  await using pool = new WorkerPool(idle, 2)
  const first = await pool.use(itself)
  expect(await pool.use(itself)).toBe(first)
  expect(await pool.use(itself)).toBe(first)
})

it('begins a thread before there is work for it', async () => {
  let begun = 0
  process.on('worker', () => begun++)
  await using pool = new WorkerPool(idle, 2)
  pool.prepare()
  pool.prepare()
  await yieldToEvents()
  expect(begun).toBe(1)
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

it('gives a thread on while what is left of a piece of work goes on with it', async () => {
  await using pool = new WorkerPool(idle, 1)
  const rest = Promise.withResolvers<void>()
  const first = pool.use(async (worker, leave) => {
    leave()
    await rest.promise
    return worker
  })
  const second = await pool.use(itself)
  rest.resolve()
  expect(await first).toBe(second)
  expect(await pool.use(itself)).toBe(second)
})

it('gives nobody a thread that has died since it was left', async () => {
  await using pool = new WorkerPool(dying, 1)
  let left: WorkerHandle | undefined
  const first = pool.use(async (worker, leave) => {
    left = worker
    leave()
    return worker.call('close', {})
  })
  await expect(first).rejects.toMatchObject({ code: 'worker-gone' })
  expect(await pool.use(itself)).not.toBe(left)
})

it('tells whoever waits for a thread that has died that the view is gone with it', async () => {
  await using pool = new WorkerPool(dying, 1)
  const bound = await pool.use(itself)
  const rest = pool.use((worker) => worker.call('close', {}), bound)
  const waiting = pool.use(itself, bound)
  await expect(rest).rejects.toMatchObject({ code: 'worker-gone' })
  await expect(waiting).rejects.toMatchObject({ code: 'source-view-lost' })
})
