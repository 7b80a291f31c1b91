import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Item, Shard } from '@restitute/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDatabase } from '../src/journal/database.ts'
import { itemWriter } from '../src/journal/items.ts'
import { addSource } from '../src/journal/sources.ts'
import { packed } from '../src/sample/choose.ts'
import { takeSample } from '../src/sample/leave-out.ts'

const view = {
  token: null,
  point: 'now',
  consistency: 'snapshot',
  takenAt: '2026-01-01T00:00:00Z',
  fingerprint: 'aaaa-bbbb-cccc',
} as const

let folder: string
let db: DatabaseSync
let source: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restitute-journal-'))
  db = createDatabase(folder, 'R1-0001')
  source = addSource(db, { name: 'documents', view, salt: 'ab' })
  const write = itemWriter(db)
  for (let i = 1; i <= 101; i++) {
    const item: Item = { id: String(i).padStart(3, '0'), kind: 'file', bytes: i === 1 ? 8000 : 10, mark: 'm' }
    write(source, { ...item, ordinal: i, state: 'exported', reason: null, read_at: i } as never)
  }
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

/** A scan in eight pieces, then a hundred letters, one in each shard. */
const shards: readonly Shard[] = [
  ...Array.from({ length: 8 }, (_, i) => ({
    ...{ id: `piece-${8 - i}`, first: 1, last: 1, bytes: 1000 },
    slice: { part: i + 1 },
  })),
  ...Array.from({ length: 100 }, (_, i) => ({ id: `letter-${i}`, first: i + 2, last: i + 2, bytes: 10 })),
]

function sample(share: number, seed: string): ReturnType<typeof takeSample> {
  const packing = { workers: 2, volume: { bytes: 1e6, items: 50 } }
  return takeSample(db, source, shards, { share, seed }, packing)
}

it('packs some of what it draws together, names every volume after its first shard, and draws nothing twice', () => {
  const { volumes, strata } = sample(0.4, 'a')
  const all = volumes.flat().map(({ id }) => id)
  expect(new Set(all).size).toBe(all.length)
  const letters = strata.find(({ shards: count }) => count === 100)
  expect(letters?.drawn).toBe(40)
  expect(letters?.volumes.reduce((sum, one) => sum + one.shards, 0)).toBe(40)
  expect(new Set(letters?.volumes.map((one) => one.shards === 1))).toEqual(new Set([true, false]))
  expect(letters?.volumes.filter(({ warmUp }) => warmUp)).toHaveLength(2)
  expect(strata.flatMap((one) => one.volumes.map(({ id }) => id)).toSorted()).toEqual(
    volumes.map(([first]) => first?.id ?? '').toSorted(),
  )
})

it.each(['a', 'b', 'c', 'd', 'e', 'f'])(
  'pieces come in the order in which they are joined: seed %s',
  (seed) => {
    const parts = (share: number): number[] =>
      sample(share, seed)
        .volumes.flat()
        .flatMap(({ slice }) => (slice ? [Number(slice['part'])] : []))
    expect(parts(0.75)).toEqual(parts(0.75).toSorted((a, b) => a - b))
    expect(parts(1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  },
)

it('counts by item, and classes by size, what a connector says something of in every shard without cutting it', () => {
  const several = [0, 1, 2, 3, 4].map((i) => ({
    ...{ id: `twenty-${i}`, first: 20 * i + 2, last: 20 * i + 21, bytes: 200 },
    slice: { partBytes: 64 },
  }))
  const large = { id: 'large', first: 1, last: 1, bytes: 9000, slice: { partBytes: 64 } }
  const packing = { workers: 2, volume: { bytes: 1e6, items: 50 } }
  const { strata } = takeSample(db, source, [large, ...several], { share: 0.4, seed: 'a' }, packing)
  expect(strata.map(({ items, bytes, shards: count }) => ({ items, bytes, count }))).toEqual([
    { items: 1, bytes: 8000, count: 1 },
    { items: 100, bytes: 1000, count: 5 },
  ])
})

it('takes all of a source in volumes of one shard', () => {
  const { volumes, strata } = sample(1, 'a')
  expect(volumes.every((pack) => pack.length === 1)).toBe(true)
  expect(volumes).toHaveLength(shards.length)
  expect(strata.every(({ drawn, shards: count }) => drawn === count)).toBe(true)
})

it.each([
  [5, 2, [1, 1, 1, 1, 1], 2],
  [3, 2, [1, 1, 1], 0],
  [24, 2, [4, 4, 4, 4, 4, 1, 1, 1, 1], 2],
  [60, 1, [12, 12, 12, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 1],
])('%i drawn for %i workers', (count, workers, sizes, warmUps) => {
  const drawn = Array.from({ length: count }, (_, i) => i)
  const { packs, ...rest } = packed(drawn, 16, workers)
  expect(rest.warmUps).toBe(warmUps)
  expect(packs.flat().toSorted((a, b) => a - b)).toEqual(drawn)
  expect(packs.map((pack) => pack.length)).toEqual(sizes)
})
