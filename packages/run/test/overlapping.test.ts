import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { overlapping } from '../src/workers/overlapping.ts'

/** A piece of work whose packing and ending the test decides on; notes what happens in order. */
function pieces(): {
  readonly notes: string[]
  readonly begin: (name: string) => {
    packed: () => void
    end: (error?: Error) => void
    done: Promise<string>
  }
} {
  const notes: string[] = []
  const run = overlapping()
  return {
    notes,
    begin(name) {
      const [packing, ending] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const free = (): void => void notes.push(`${name} frees`)
      const done = run(free, async (onPacked) => {
        await packing.promise
        await onPacked()
        await ending.promise
        notes.push(`${name} ends`)
        return name
      })
      done.catch(() => {})
      return {
        packed: packing.resolve,
        end: (error) => (error ? ending.reject(error) : ending.resolve()),
        done,
      }
    },
  }
}

/** The first piece of work is packed and ending, the second one packed behind it. */
async function twoPacked() {
  const { notes, begin } = pieces()
  const one = begin('1')
  one.packed()
  await setImmediate()
  const two = begin('2')
  two.packed()
  return { notes, one, two }
}

it('frees its worker before a piece of work has ended', async () => {
  const { notes, begin } = pieces()
  const one = begin('1')
  one.packed()
  await setImmediate()
  expect(notes).toEqual(['1 frees'])
  one.end()
  expect(await one.done).toBe('1')
})

it('never has two pieces of work that end: the next waits until the last has', async () => {
  const { notes, one, two } = await twoPacked()
  await setImmediate()
  expect(notes).toEqual(['1 frees'])
  one.end()
  await setImmediate()
  expect(notes).toEqual(['1 frees', '1 ends', '2 frees'])
  two.end()
  expect(await two.done).toBe('2')
})

it('lets a failure be that of its own piece of work alone', async () => {
  const { notes, one, two } = await twoPacked()
  one.end(new Error('the disk is full'))
  await expect(one.done).rejects.toThrow('the disk is full')
  await setImmediate()
  expect(notes).toEqual(['1 frees', '2 frees'])
  two.end()
  expect(await two.done).toBe('2')
})
