import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { batcher, sendAll } from '../src/workers/batches.ts'

/** Takes batches; each has arrived once it is let go. */
function slowReceiver() {
  const waiting: { batch: readonly number[]; arrive: () => void; fail: (error: Error) => void }[] = []
  const send = (batch: number[]): Promise<void> =>
    new Promise((arrive, fail) => waiting.push({ batch, arrive, fail }))
  return { waiting, send }
}

describe('rows in batches', () => {
  it('go on being gathered while one batch is on its way, and no more than one', async () => {
    const { waiting, send } = slowReceiver()
    const { add } = batcher(send)
    const added: number[] = []
    const adding = (async () => {
      for (let row = 0; row < 1500; row++) {
        await add(row)
        added.push(row)
      }
    })()
    await setImmediate()
    expect([added.length, waiting.length]).toEqual([999, 1])
    waiting[0]?.arrive()
    await setImmediate()
    expect([added.length, waiting.length]).toEqual([1499, 2])
    waiting[1]?.arrive()
    await adding
  })

  it('are all there, in order, when the end is waited for', async () => {
    const got: number[] = []
    const rows = (async function* () {
      for (let row = 0; row < 1234; row++) yield row
    })()
    await sendAll(rows, async (batch) => {
      await setImmediate()
      got.push(...batch)
    })
    expect(got).toEqual(Array.from({ length: 1234 }, (_, row) => row))
  })

  it('end with what went wrong with the batch before, or with the last one', async () => {
    for (const rows of [1000, 3]) {
      const { waiting, send } = slowReceiver()
      const { add, flush } = batcher(send)
      const done = (async () => {
        for (let row = 0; row < rows; row++) await add(row)
        await flush()
      })()
      await setImmediate()
      waiting[0]?.fail(new Error('the journal is full'))
      await expect(done).rejects.toThrow('the journal is full')
    }
  })
})
