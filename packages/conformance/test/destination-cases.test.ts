import type { Destination } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { destinationCases } from '../src/index.ts'
import { memoryDestination } from './support/memory-destination.ts'

function casesFor(destination: () => Destination) {
  const make = async () => ({ destination: destination(), [Symbol.asyncDispose]: async () => {} })
  return destinationCases({ destination: make })
}

/** A memory destination with one part replaced, and the cases that it breaks. */
async function brokenCases(replace: (good: Destination) => Partial<Destination>): Promise<string[]> {
  const broken = (): Destination => {
    const good = memoryDestination()
    return { ...good, ...replace(good) }
  }
  const outcomes = await Promise.all(
    casesFor(broken).map(({ name, run }) =>
      run().then(
        () => undefined,
        () => name,
      ),
    ),
  )
  return outcomes.filter((name) => name !== undefined)
}

describe('a destination that keeps every promise', () => {
  it.each(casesFor(memoryDestination))('$name', ({ run }) => run())
})

describe('a destination that breaks a promise is found out', () => {
  it('shows a file before it is committed', async () => {
    const broken = await brokenCases((good) => ({
      create: async (name) => {
        const file = await good.create(name)
        return { ...file, write: (chunk) => file.write(chunk).then(() => file.commit()) }
      },
    }))
    expect(broken).toContain('write: a file appears under its name by commit, not before')
    expect(broken).toContain('write: given up before commit, it leaves nothing')
    expect(broken).toContain('write: the older file of that name stays until commit')
  })

  it('lists in another order', async () => {
    const broken = await brokenCases((good) => ({
      list: async function* () {
        yield* (await Array.fromAsync(good.list())).toReversed()
      },
    }))
    expect(broken).toContain('list: every file with its size, ascending by name')
  })

  it('looks into folders where it should not', async () => {
    const broken = await brokenCases((good) => ({ list: () => good.list() }))
    expect(broken).toEqual(['list: shallow, none of what lies in folders'])
  })

  it('ignores the offset, the signal, or what is missing', async () => {
    const broken = await brokenCases((good) => ({
      read: async function* (name) {
        yield* await Array.fromAsync(good.read(name)).catch(() => [])
      },
    }))
    expect(broken).toContain('read: from an offset to the end')
    expect(broken).toContain('read: interrupted, it ends as such')
    expect(broken).toContain('read: a file that is not there is not found')
  })

  it('takes any name', async () => {
    const broken = await brokenCases((good) => ({
      create: (name) => good.create(`x${name.replaceAll('/', '-')}`),
    }))
    expect(broken).toContain('names: one that leads out of the destination is refused')
  })

  it('sweeps too much', async () => {
    const broken = await brokenCases((good) => ({
      sweep: async () => {
        for await (const { name } of good.list()) await good.remove(name)
      },
    }))
    expect(broken).toEqual([
      'resume: content that was known goes on after a cut, and is whole',
      'sweep: what is unfinished goes, what is finished stays',
    ])
  })
})
