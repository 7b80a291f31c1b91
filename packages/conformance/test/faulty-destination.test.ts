import type { Destination } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { faultyDestination } from '../src/index.ts'
import { memoryDestination } from './support/memory-destination.ts'

async function write(destination: Destination, name: string, content: string): Promise<void> {
  await using file = await destination.create(name)
  for (const character of content) await file.write(Buffer.from(character))
  await file.commit()
}

async function read(destination: Destination, name: string, offset = 0): Promise<string> {
  return Buffer.concat(await Array.fromAsync(destination.read(name, { offset }))).toString()
}

describe('faultyDestination', () => {
  it('behaves like the one it wraps while nothing is planned', async () => {
    const destination = faultyDestination(memoryDestination(), {})
    await write(destination, 'a', 'content')
    expect(await read(destination, 'a')).toBe('content')
    expect(await Array.fromAsync(destination.list())).toEqual([{ name: 'a', bytes: 7 }])
  })

  it.each([
    ['failAfterBytes', 'destination-failed'],
    ['fullAfterBytes', 'destination-full'],
  ] as const)('%s: writes so many bytes over all files, then throws %s', async (fault, code) => {
    const destination = faultyDestination(memoryDestination(), { [fault]: 5 })
    await write(destination, 'a', '12345')
    await expect(write(destination, 'b', '6')).rejects.toMatchObject({ code })
    expect(await Array.fromAsync(destination.list())).toEqual([{ name: 'a', bytes: 5 }])
  })

  it('failCommit: fails that commit only, and the file does not appear', async () => {
    const destination = faultyDestination(memoryDestination(), { failCommit: 2 })
    await write(destination, 'a', '1')
    await expect(write(destination, 'b', '2')).rejects.toMatchObject({ code: 'destination-failed' })
    await write(destination, 'c', '3')
    expect((await Array.fromAsync(destination.list())).map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it('shortRead: ends every read at that place of the file', async () => {
    const destination = faultyDestination(memoryDestination(), { shortRead: 4 })
    await write(destination, 'a', '123456')
    expect(await read(destination, 'a')).toBe('1234')
    expect(await read(destination, 'a', 3)).toBe('4')
    expect(await read(destination, 'a', 5)).toBe('')
  })

  it('flipBit: changes one bit of what is read and nothing of what is stored', async () => {
    const memory = memoryDestination()
    const destination = faultyDestination(memory, { flipBit: 2 })
    await write(destination, 'a', '000000')
    expect(await read(destination, 'a')).toBe('001000')
    expect(await read(destination, 'a', 2)).toBe('1000')
    expect(await read(memory, 'a')).toBe('000000')
  })
})
