import { expect, test } from 'vitest'
import { ahead } from '../src/ahead.ts'

/** Numbers that note when they are asked for, and the end. */
async function* noting(notes: string[], upTo: number, failAt?: number): AsyncIterable<number> {
  try {
    for (let i = 1; i <= upTo; i++) {
      notes.push(`made ${i}`)
      if (i === failAt) throw new Error(`no ${i}`)
      yield i
    }
  } finally {
    notes.push('closed')
  }
}

test('the next is made while the reader is at the last, and no more', async () => {
  const notes: string[] = []
  for await (const n of ahead(noting(notes, 4))) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    notes.push(`read ${n}`)
  }
  const inTurn = ['made 1', 'made 2', 'read 1', 'made 3', 'read 2', 'made 4', 'read 3', 'closed', 'read 4']
  expect(notes).toEqual(inTurn)
})

test('an error comes in its place', async () => {
  const read: number[] = []
  const reading = (async () => {
    for await (const n of ahead(noting([], 4, 3))) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      read.push(n)
    }
  })()
  await expect(reading).rejects.toThrow('no 3')
  expect(read).toEqual([1, 2])
})

test('a reader that leaves closes the source, once what it was about has ended', async () => {
  const notes: string[] = []
  for await (const n of ahead(noting(notes, 4))) {
    notes.push(`read ${n}`)
    break
  }
  expect(notes).toEqual(['made 1', 'made 2', 'read 1', 'closed'])
})

test('what the source throws after the reader has left disturbs nobody', async () => {
  const notes: string[] = []
  for await (const n of ahead(noting(notes, 4, 2))) {
    notes.push(`read ${n}`)
    break
  }
  expect(notes).toEqual(['made 1', 'made 2', 'closed', 'read 1'])
})

test('a source of any kind is closed only when it is about nothing any more', async () => {
  const notes: string[] = []
  let made = 0
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        await new Promise((resolve) => setTimeout(resolve, 5))
        notes.push(`made ${++made}`)
        return { done: false, value: made }
      },
      async return() {
        notes.push('closed')
        return { done: true, value: undefined }
      },
    }),
  }
  for await (const _ of ahead(source)) break
  expect(notes).toEqual(['made 1', 'made 2', 'closed'])
})
