import type { Item, Shard, ShardLimits } from '@restitute/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileShards } from '../src/shards.ts'

async function* itemsOf(sizes: readonly number[]): AsyncIterable<Item> {
  for (const [i, bytes] of sizes.entries()) yield { id: String(i), kind: 'file', bytes, mark: '' }
}

const cut = (sizes: readonly number[], limits: ShardLimits): Promise<Shard[]> =>
  Array.fromAsync(fileShards(itemsOf(sizes), limits))

describe('the shards of a tree', () => {
  it('are parts of a file that is too large, each for a worker of its own', async () => {
    expect(await cut([10, 250, 10], { bytes: 100, items: 10, partBytes: 100 })).toEqual([
      { id: '000001', first: 1, last: 1, bytes: 10 },
      { id: '000002', first: 2, last: 2, bytes: 100, slice: { part: 1, parts: 3, offset: 0, length: 100 } },
      { id: '000003', first: 2, last: 2, bytes: 100, slice: { part: 2, parts: 3, offset: 100, length: 100 } },
      { id: '000004', first: 2, last: 2, bytes: 50, slice: { part: 3, parts: 3, offset: 200, length: 50 } },
      { id: '000005', first: 3, last: 3, bytes: 10 },
    ])
  })

  it('leave a file of exactly one part whole', async () => {
    expect(await cut([100], { bytes: 100, items: 10, partBytes: 100 })).toEqual([
      { id: '000001', first: 1, last: 1, bytes: 100 },
    ])
  })

  it('do not cut what is lost', async () => {
    async function* lost(): AsyncIterable<Item> {
      yield { id: 'a', kind: 'file', bytes: 500, mark: '', lost: 'cannot be read: EACCES' }
    }
    const shards = await Array.fromAsync(fileShards(lost(), { bytes: 100, items: 10, partBytes: 100 }))
    expect(shards.map(({ slice }) => slice)).toEqual([undefined])
  })

  it('end before the extended attributes of their items are more than a tree file may have', async () => {
    const xattrs = { 'user.a': 'A'.repeat(8 * 2 ** 20) }
    async function* attributed(): AsyncIterable<Item> {
      for (let i = 0; i < 20; i++) {
        yield {
          id: String(i),
          kind: 'file',
          bytes: 1,
          mark: '',
          attributes: i === 19 ? { rawXattrs: xattrs } : { xattrs },
        }
      }
    }
    const shards = await Array.fromAsync(fileShards(attributed(), { bytes: 100, items: 100, partBytes: 100 }))
    expect(shards.map(({ first, last }) => [first, last])).toEqual([
      [1, 8],
      [9, 16],
      [17, 20],
    ])
  })

  it('hold a file with its names as often as its extended attributes come in their tree file', async () => {
    const attributes = { nlink: 5, xattrs: { 'user.a': 'A'.repeat(8 * 2 ** 20) } }
    async function* named(): AsyncIterable<Item> {
      for (const id of ['a', 'b']) yield { id, kind: 'file', bytes: 1, mark: '', attributes }
    }
    const shards = await Array.fromAsync(fileShards(named(), { bytes: 100, items: 100, partBytes: 100 }))
    expect(shards.map(({ first, last }) => [first, last])).toEqual([
      [1, 1],
      [2, 2],
    ])
  })

  it('cover every byte of every item once, in order, within the limits', async () => {
    const limits = fc.record({
      bytes: fc.integer({ min: 1, max: 300 }),
      items: fc.integer({ min: 1, max: 6 }),
      partBytes: fc.integer({ min: 1, max: 120 }),
    })
    const property = fc.asyncProperty(
      fc.array(fc.nat(400), { maxLength: 40 }),
      limits,
      async (sizes, within) => {
        const seen: number[] = []
        const bytes = new Map<number, number>()
        for (const { first, last, slice } of await cut(sizes, within)) {
          expect(last - first).toBeLessThan(within.items)
          if (slice === undefined) for (let i = first; i <= last; i++) seen.push(i)
          else if (slice['part'] === 1) seen.push(first)
          if (slice === undefined) continue
          expect(slice['offset']).toBe(bytes.get(first) ?? 0)
          bytes.set(first, (bytes.get(first) ?? 0) + Number(slice['length']))
        }
        expect(seen).toEqual(sizes.map((_, i) => i + 1))
        for (const [ordinal, total] of bytes) expect(total).toBe(sizes[ordinal - 1])
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })
})
