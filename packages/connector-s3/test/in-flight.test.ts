import { describe, expect, it } from 'vitest'
import { InFlight } from '../src/restore/in-flight.ts'

/** An upload that ends when it is told to, and the order in which uploads began. */
function uploads() {
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const upload = (name: string) => (): Promise<void> => {
    begun.push(name)
    return new Promise((resolve, reject) => {
      ends.set(name, (error) => (error ? reject(error) : resolve()))
    })
  }
  return { begun, upload, end: (name: string, error?: Error) => ends.get(name)?.(error) }
}

/** Everything that can go on now has gone on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('uploads in flight', () => {
  it('go one after the other within a key, and do not hold up those of other keys', async () => {
    const { begun, upload, end } = uploads()
    const inFlight = new InFlight()
    for (const name of ['a1', 'a2', 'b1', 'a3']) await inFlight.begin(name.slice(0, 1), 1, upload(name))
    await settle()
    expect(begun).toEqual(['a1', 'b1'])
    end('a1')
    await settle()
    expect(begun).toEqual(['a1', 'b1', 'a2'])
    end('a2')
    await settle()
    end('a3')
    end('b1')
    await inFlight.drain()
    expect(begun).toEqual(['a1', 'b1', 'a2', 'a3'])
  })

  it('end at the first failure: what waits behind it never begins, and whoever goes on is told', async () => {
    const { begun, upload, end } = uploads()
    const inFlight = new InFlight()
    await inFlight.begin('a', 1, upload('a1'))
    await inFlight.begin('a', 1, upload('a2'))
    await settle()
    end('a1', new Error('refused'))
    await settle()
    await expect(inFlight.begin('b', 1, upload('b1'))).rejects.toThrow('refused')
    await expect(inFlight.drain()).rejects.toThrow('refused')
    expect(begun).toEqual(['a1'])
  })

  it('are no more than fit', async () => {
    const { begun, upload, end } = uploads()
    const inFlight = new InFlight()
    await inFlight.begin('large', 2 ** 30, upload('large'))
    const next = inFlight.begin('small', 1, upload('small'))
    await settle()
    expect(begun).toEqual(['large'])
    end('large')
    await next
    await settle()
    expect(begun).toEqual(['large', 'small'])
    end('small')
    await inFlight.drain()
  })
})
