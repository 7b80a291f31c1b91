import { packed } from '@restitute/run'
import { expect, it } from 'vitest'
import { fitCosts, type Observation } from '../src/forecast/cost-model.ts'
import {
  estimateWork,
  intervalOf,
  type MeasuredStratum,
  type MeasuredVolume,
  withRunSpread,
} from '../src/forecast/estimate.ts'

/** Numbers that look random and are the same on every machine (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

interface Shard extends Observation {
  readonly stratum: number
}

/** What the volumes of a population cost by themselves, and how many shards the full run has in one. */
interface Volumes {
  readonly fixed: number
  readonly perVolume: number
}

/** What a hospital has: letters by the hundred thousand, reports, and few large images; costs of their own for each. */
function population(random: () => number, shardsPerStratum: readonly number[], spread: number): Shard[] {
  const sizes = [4e3, 2e5, 5e7]
  return shardsPerStratum.flatMap((count, stratum) =>
    Array.from({ length: count }, () => {
      const items = stratum === 2 ? 1 : Math.round(50 + random() * 400)
      const bytes = items * (sizes[stratum] ?? 0) * Math.exp(0.7 * normal(random))
      const clean = items * 8e-5 + bytes * 9e-9 * [1, 1.4, 0.7][stratum]!
      return { stratum, items, bytes, seconds: clean * Math.exp(spread * normal(random)) }
    }),
  )
}

function drawn(random: () => number, shards: readonly Shard[], share: number): Shard[] {
  const shuffled = shards.map((one) => [random(), one] as const).sort(([a], [b]) => a - b)
  return shuffled.slice(0, Math.max(3, Math.round(share * shards.length))).map(([, one]) => one)
}

function sumOf(shards: readonly Shard[], of: (one: Shard) => number): number {
  return shards.reduce((total, one) => total + of(one), 0)
}

/** The drawn of a stratum, packed as a rehearsal packs them; each volume has its own cost beside that of its shards. */
function measured(
  random: () => number,
  shards: readonly Shard[],
  { fixed, perVolume }: Volumes,
): MeasuredVolume[] {
  const { packs, warmUps } = packed(shards, perVolume, 2)
  return packs.slice(warmUps).map((pack) => ({
    items: sumOf(pack, (one) => one.items),
    bytes: sumOf(pack, (one) => one.bytes),
    seconds: fixed * Math.exp(0.2 * normal(random)) + sumOf(pack, (one) => one.seconds),
    shards: pack.length,
  }))
}

/** How often the interval holds the truth, the run of the day included, over many rehearsals; and their estimates ÷ truth. */
function coverage(
  counts: readonly number[],
  spread: number,
  share: number,
  volumes: Volumes,
  trials: number,
): { readonly held: number; readonly ratio: number } {
  const random = generator(counts.length * 1000 + Math.round(spread * 100) + Math.round(share * 1000))
  let held = 0
  let ratios = 0
  for (let trial = 0; trial < trials; trial++) {
    const shards = population(random, counts, spread)
    const strata = counts.map((count, stratum): MeasuredStratum => {
      const all = shards.filter((one) => one.stratum === stratum)
      const [items, bytes] = [sumOf(all, (one) => one.items), sumOf(all, (one) => one.bytes)]
      const sample = measured(random, drawn(random, all, share), volumes)
      return { shards: count, items, bytes, volumes: count / volumes.perVolume, drawn: sample }
    })
    const model = fitCosts(
      strata.flatMap((one) => one.drawn),
      volumes.fixed,
    )
    const runSpread = 0.05
    const { low, high, estimate } = intervalOf(withRunSpread(estimateWork(strata, model), runSpread))
    const own = (shards.length / volumes.perVolume) * volumes.fixed
    const truth = (own + sumOf(shards, (one) => one.seconds)) * (1 + runSpread * normal(random))
    ratios += estimate / truth
    if (truth >= low && truth <= high) held++
  }
  return { held: held / trials, ratio: ratios / trials }
}

const cheap = { fixed: 0.01, perVolume: 20 }
const dear = { fixed: 0.2, perVolume: 20 }

it.each([
  ['a tree of letters, reports and images', [300, 80, 40], 0.2, 0.05, cheap],
  ['noisy shards', [300, 80, 40], 0.6, 0.05, cheap],
  ['few shards, three drawn of each', [30, 30, 30], 0.3, 0.05, cheap],
  ['a tenth', [200, 200, 200], 0.3, 0.1, cheap],
  ['small shards only', [400], 0.3, 0.05, cheap],
  ['small shards in volumes that cost as much as ten of them', [400], 0.3, 0.05, dear],
  ['volumes that cost much, three strata', [300, 300, 300], 0.3, 0.1, dear],
  [
    'volumes that cost much and are hardly larger than a shard',
    [400],
    0.3,
    0.05,
    { fixed: 0.2, perVolume: 3 },
  ],
])('the interval holds in about nine of ten rehearsals: %s', (_name, counts, spread, share, volumes) => {
  const { held, ratio } = coverage(counts, spread, share, volumes, 1500)
  expect(held).toBeGreaterThan(0.86)
  expect(held).toBeLessThan(0.98)
  expect(Math.abs(ratio - 1)).toBeLessThan(0.06)
})

it('finds what items and bytes cost when it is exactly so, and neither below zero', () => {
  const exact = [1, 5, 20, 100].flatMap((items) =>
    [1e4, 1e6, 1e7].map((bytes) => ({ items, bytes, seconds: 0.02 + items * 1e-4 + bytes * 1e-8 })),
  )
  const { perItem, perByte } = fitCosts(exact, 0.02)
  expect(perItem).toBeCloseTo(1e-4, 6)
  expect(perByte).toBeCloseTo(1e-8, 10)
  const falling = [
    { items: 1000, bytes: 1e6, seconds: 0.1 },
    { items: 10, bytes: 2e6, seconds: 0.25 },
  ]
  expect(fitCosts(falling, 0)).toMatchObject({ perItem: 0 })
})
