/** One volume of a sample: the size of its content by the model, what it took, how many shards it holds. */
export interface Point {
  readonly size: number
  readonly seconds: number
  readonly shards: number
}

/** A stratum: what was measured of it, its whole size by the model, how many volumes of the full run it fills. */
export interface StratumPoints {
  readonly points: readonly Point[]
  readonly whole: number
  readonly volumes: number
}

/** Seconds of a volume of one stratum: `fixed + ratio × size`. */
export interface Line {
  readonly fixed: number
  readonly ratio: number
}

const fewest = 4

/** Whether a stratum has volumes of two sizes, of one shard and of many. */
function tells({ points }: StratumPoints): boolean {
  return points.length >= fewest && points.some(({ shards }) => shards !== points[0]?.shards)
}

/**
 * What a volume costs by itself, the same in all strata, and in each how many times what the model says of their content
 * they cost. Least squares, each volume weighted by the inverse of its size. Where no stratum has volumes of two sizes, a
 * volume by itself is taken to cost what the quickest of all did. Never below zero, nor so much that content cost less.
 */
export function linesThrough(strata: readonly StratumPoints[], quickest: number): Line[] {
  const fixed = commonFixed(strata, quickest)
  return strata.map(({ points }) => {
    const seconds = sum(points.map((one) => one.seconds))
    const own = points.length === 0 ? fixed : Math.min(fixed, seconds / points.length)
    const sizes = sum(points.map(({ size }) => size))
    return { fixed: own, ratio: sizes === 0 ? 1 : (seconds - own * points.length) / sizes }
  })
}

function commonFixed(strata: readonly StratumPoints[], quickest: number): number {
  if (!strata.some(tells)) return quickest
  const weights = fixedWeights(strata).flat()
  const all = strata.flatMap(({ points }) => points)
  const fixed = sum(all.map(({ seconds }, i) => (weights[i] ?? 0) * seconds))
  return Math.max(0, fixed)
}

/** What each volume, by stratum, weighs in the common cost of a volume: nothing in strata that cannot tell. */
function fixedWeights(strata: readonly StratumPoints[]): number[][] {
  const unscaled = strata.map((one) => {
    if (!tells(one)) return one.points.map(() => 0)
    const mean = sum(one.points.map(({ size }) => size)) / one.points.length
    return one.points.map(({ size }) => 1 / size - 1 / mean)
  })
  const all = sum(unscaled.flat())
  return unscaled.map((some) => some.map((weight) => (all === 0 ? 0 : weight / all)))
}

/** By how much the seconds of the whole change with those of each volume, by stratum. */
export function influences(strata: readonly StratumPoints[]): number[][] {
  const scales = strata.map(
    ({ points, whole }) => whole / Math.max(sum(points.map(({ size }) => size)), tiny),
  )
  const byFixed = sum(strata.map(({ points, volumes }, h) => volumes - points.length * (scales[h] ?? 0)))
  const weights = fixedWeights(strata)
  return strata.map(({ points }, h) =>
    points.map((_point, i) => (scales[h] ?? 0) + byFixed * (weights[h]?.[i] ?? 0)),
  )
}

/** Less than any size or time here: what is divided by is never less. */
export const tiny = 1e-9

/** The sum of some numbers. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
