import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consecutiveShards, type Item, type Shard, type ShardLimits, shardId } from '../src/index.ts'

async function* itemsOf(sizes: readonly number[]): AsyncIterable<Item> {
  for (const [i, bytes] of sizes.entries()) yield { id: String(i), kind: 'file', bytes, mark: '' }
}

function cut(sizes: readonly number[], limits: Partial<ShardLimits>): Promise<Shard[]> {
  return Array.fromAsync(
    consecutiveShards(itemsOf(sizes), { bytes: 100, items: 10, partBytes: 100, ...limits }),
  )
}

describe('consecutiveShards', () => {
  it('cuts by bytes', async () => {
    expect(await cut([50, 50, 1, 99, 1], {})).toEqual([
      { id: '000001', first: 1, last: 2, bytes: 100 },
      { id: '000002', first: 3, last: 4, bytes: 100 },
      { id: '000003', first: 5, last: 5, bytes: 1 },
    ])
  })

  it('cuts by number of items', async () => {
    expect((await cut([0, 0, 0, 0, 0], { items: 2 })).map(({ first, last }) => [first, last])).toEqual([
      [1, 2],
      [3, 4],
      [5, 5],
    ])
  })

  it('gives an item that is too large a shard of its own', async () => {
    expect((await cut([10, 500, 10], {})).map(({ first, last }) => [first, last])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect((await cut([500], {})).length).toBe(1)
  })

  it('makes nothing of nothing', async () => {
    expect(await cut([], {})).toEqual([])
  })

  it('covers every item once, in order, within the limits', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.nat(200), { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      async (sizes, items) => {
        const shards = await cut(sizes, { items })
        const ordinals = shards.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        )
        expect(ordinals).toEqual(sizes.map((_, i) => i + 1))
        for (const { first, last, bytes } of shards) {
          expect(last - first).toBeLessThan(items)
          expect(bytes).toBe(sizes.slice(first - 1, last).reduce((sum, size) => sum + size, 0))
          expect(bytes <= 100 || first === last).toBe(true)
        }
        expect(shards.map(({ id }) => id)).toEqual(shards.map((_, i) => shardId(i + 1)))
      },
    )
    await fc.assert(property)
  })
})

describe('shardId', () => {
  it('sorts as text like the numbers', () => {
    expect([2, 10, 1, 999_999].map(shardId).sort()).toEqual(['000001', '000002', '000010', '999999'])
  })
})
