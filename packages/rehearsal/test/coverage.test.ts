import { expect, it } from 'vitest'
import { fitCosts, type Observation } from '../src/forecast/cost-model.ts'
import { estimateWork, intervalOf, type MeasuredStratum, withRunSpread } from '../src/forecast/estimate.ts'

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

interface Volume extends Observation {
  readonly stratum: number
}

/** What a hospital has: letters by the hundred thousand, reports, and few large images; costs of their own for each. */
function population(random: () => number, volumesPerStratum: readonly number[], spread: number): Volume[] {
  const sizes = [4e3, 2e5, 5e7]
  return volumesPerStratum.flatMap((count, stratum) =>
    Array.from({ length: count }, () => {
      const items = stratum === 2 ? 1 : Math.round(50 + random() * 400)
      const bytes = items * (sizes[stratum] ?? 0) * Math.exp(0.7 * normal(random))
      const clean = 0.01 + items * 8e-5 + bytes * 9e-9 * [1, 1.4, 0.7][stratum]!
      return { stratum, items, bytes, seconds: clean * Math.exp(spread * normal(random)) }
    }),
  )
}

function drawn(random: () => number, volumes: readonly Volume[], share: number): Volume[] {
  const shuffled = volumes.map((one) => [random(), one] as const).sort(([a], [b]) => a - b)
  return shuffled.slice(0, Math.max(3, Math.round(share * volumes.length))).map(([, one]) => one)
}

/** How often the interval holds the truth, the run of the day included, over many rehearsals. */
function coverage(counts: readonly number[], spread: number, share: number, trials: number): number {
  const random = generator(counts.length * 1000 + Math.round(spread * 100) + Math.round(share * 1000))
  let held = 0
  for (let trial = 0; trial < trials; trial++) {
    const volumes = population(random, counts, spread)
    const samples = counts.map((_, stratum) =>
      drawn(
        random,
        volumes.filter((one) => one.stratum === stratum),
        share,
      ),
    )
    const model = fitCosts(samples.flat(), 0.01)
    const strata = counts.map((shards, stratum): MeasuredStratum => {
      const all = volumes.filter((one) => one.stratum === stratum)
      const sum = (of: (one: Volume) => number): number => all.reduce((total, one) => total + of(one), 0)
      return { shards, items: sum((v) => v.items), bytes: sum((v) => v.bytes), drawn: samples[stratum] ?? [] }
    })
    const runSpread = 0.05
    const { low, high } = intervalOf(withRunSpread(estimateWork(strata, model, volumes.length), runSpread))
    const truth = volumes.reduce((total, one) => total + one.seconds, 0) * (1 + runSpread * normal(random))
    if (truth >= low && truth <= high) held++
  }
  return held / trials
}

it.each([
  ['a tree of letters, reports and images', [300, 80, 40], 0.2, 0.05],
  ['noisy volumes', [300, 80, 40], 0.6, 0.05],
  ['few volumes, three drawn of each', [30, 30, 30], 0.3, 0.05],
  ['a tenth', [200, 200, 200], 0.3, 0.1],
  ['small volumes only', [400], 0.3, 0.05],
])('the interval holds in about nine of ten rehearsals: %s', (_name, counts, spread, share) => {
  const held = coverage(counts, spread, share, 1500)
  expect(held).toBeGreaterThan(0.86)
  expect(held).toBeLessThan(0.98)
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
