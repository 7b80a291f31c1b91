import type { Item } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { objectShards } from '../src/shards.ts'

async function* items(count: number): AsyncIterable<Item> {
  for (let i = 0; i < count; i++) yield { id: `${i}`, kind: 'object', bytes: 10, mark: '' }
}

describe('shards of a bucket', () => {
  it('hold 5 000 versions at most, however many a volume could hold', async () => {
    const limits = { bytes: 2 ** 30, items: 20_000, partBytes: 2 ** 30 }
    const shards = await Array.fromAsync(objectShards(items(12_000), limits))
    expect(shards.map(({ first, last }) => [first, last])).toEqual([
      [1, 5000],
      [5001, 10_000],
      [10_001, 12_000],
    ])
  })
})
