import { type CostModel, contentCost, type Observation } from './cost-model.ts'
import { influences, type Line, linesThrough, type StratumPoints, sum, tiny } from './lines.ts'
import { studentQuantile95 } from './student.ts'

/** Shards that cost alike, and the volumes that were made of those that were drawn. */
export interface MeasuredStratum {
  /** All shards of the stratum, drawn or not. */
  readonly shards: number
  readonly items: number
  readonly bytes: number
  /** How many volumes of the full run it fills. */
  readonly volumes: number
  readonly drawn: readonly MeasuredVolume[]
}

/** One volume of a sample. */
export interface MeasuredVolume extends Observation {
  /** How many drawn shards it holds. */
  readonly shards: number
}

/** A figure with its uncertainty. */
export interface Estimate {
  readonly value: number
  readonly variance: number
  /** Degrees of freedom of the variance; infinite when it is known. */
  readonly degrees: number
}

/** Bounds between which the truth lies in nine cases of ten. */
export interface Interval {
  readonly low: number
  readonly estimate: number
  readonly high: number
}

/** The share of cases in which an {@link Interval} holds. */
export const level = 0.9

/** Worker seconds of a whole source, and what of it is for the volumes themselves. */
export interface Work extends Estimate {
  /** Seconds that a volume costs by itself, on average over the strata. */
  readonly perVolume: number
}

/**
 * Worker seconds that a whole source takes, out of a stratified sample: what a volume costs by itself and what its
 * content does are told apart by volumes of two sizes (see {@link linesThrough}), and give what the volumes of the full run
 * cost; in each stratum the content is scaled by what the model says of the whole and of the drawn (the separate ratio
 * estimate; Cochran, Sampling Techniques, ch. 6). The variance is in each stratum the larger of two: the jackknife over
 * its own volumes, and that which the relative distances of the volumes of all strata give, for three draws alone may
 * agree by chance.
 */
export function estimateWork(strata: readonly MeasuredStratum[], model: CostModel): Work {
  const measured = strata.map((stratum) => pointsOf(stratum, model))
  const lines = linesThrough(measured, model.perVolume)
  const parts = variancesOf(measured, lines, model.perVolume)
  const volumes = sum(measured.map((one) => one.volumes))
  const fixed = sum(measured.map((one, h) => one.volumes * (lines[h]?.fixed ?? 0)))
  const value = wholeOf(measured, lines)
  return { ...added(parts), value, perVolume: volumes === 0 ? 0 : fixed / volumes }
}

interface Measured extends StratumPoints {
  readonly shards: number
}

function pointsOf(stratum: MeasuredStratum, model: CostModel): Measured {
  const points = stratum.drawn.map((one) => ({
    ...{ size: Math.max(tiny, contentCost(model, one)), seconds: one.seconds, shards: one.shards },
  }))
  const { shards, volumes } = stratum
  return { shards, volumes, whole: Math.max(contentCost(model, stratum), tiny * shards), points }
}

function wholeOf(measured: readonly StratumPoints[], lines: readonly Line[]): number {
  return sum(
    measured.map(({ whole, volumes }, h) => {
      const { fixed, ratio } = lines[h] as Line
      return ratio * whole + fixed * volumes
    }),
  )
}

function variancesOf(measured: readonly Measured[], lines: readonly Line[], quickest: number): Estimate[] {
  const pooled = pooledSpread(measured, lines)
  const effects = influences(measured)
  return measured.map((one, h) => {
    const made = sum(one.points.map(({ shards }) => shards))
    const unseen = one.points.length === 0 ? 1 : Math.max(0, 1 - made / one.shards)
    const own = unseen * jackknife(measured, h, quickest)
    const byAll = pooled.variance * unseen * relativeVariance(one, lines[h] as Line, effects[h] ?? [])
    return byAll > own
      ? { value: 0, variance: byAll, degrees: pooled.degrees }
      : { value: 0, variance: own, degrees: Math.max(1, one.points.length - 2) }
  })
}

/** Relative variance of one shard around the line of its stratum, over all strata; that of a volume of many is smaller. */
function pooledSpread(
  measured: readonly Measured[],
  lines: readonly Line[],
): { readonly variance: number; readonly degrees: number } {
  // One more is spent on what a volume costs by itself.
  const degrees = sum(measured.map(({ points }) => Math.max(0, points.length - 1))) - 1
  const squares = measured.flatMap(({ points }, h) => {
    const { fixed, ratio } = lines[h] as Line
    return points.map(
      ({ size, seconds, shards }) => shards * (seconds / Math.max(tiny, fixed + ratio * size) - 1) ** 2,
    )
  })
  return { variance: degrees < 1 ? 1 : sum(squares) / degrees, degrees: Math.max(1, degrees) }
}

/** Of the whole, each volume of one stratum left out in turn. */
function jackknife(measured: readonly Measured[], h: number, quickest: number): number {
  const one = measured[h] as Measured
  const n = one.points.length
  if (n < 2) return 0
  const values = one.points.map((_, left) => {
    const without = measured.with(h, { ...one, points: one.points.filter((_point, i) => i !== left) })
    return wholeOf(without, linesThrough(without, quickest))
  })
  const mean = sum(values) / n
  return ((n - 1) / n) * sum(values.map((value) => (value - mean) ** 2))
}

/** What a relative error of each shard makes of the whole, through those measured and by those that were not drawn. */
function relativeVariance(
  { points, whole, shards }: Measured,
  { fixed, ratio }: Line,
  effects: readonly number[],
): number {
  const errors = points.map(
    ({ size, shards: held }, i) => ((effects[i] ?? 0) * (fixed + ratio * size)) ** 2 / held,
  )
  return sum(errors) + shards * (ratio * (whole / shards)) ** 2
}

/** The sum of independent estimates; degrees of freedom after Satterthwaite. */
export function added(parts: readonly Estimate[]): Estimate {
  const variance = sum(parts.map((one) => one.variance))
  const spent = sum(parts.map((one) => one.variance ** 2 / one.degrees))
  return {
    value: sum(parts.map(({ value }) => value)),
    variance,
    degrees: spent === 0 ? Infinity : variance ** 2 / spent,
  }
}

/** The same with a spread that every run has, whatever is drawn: the machine, its neighbours, its caches. */
export function withRunSpread(one: Estimate, relative: number): Estimate {
  const run = { value: 0, variance: (relative * one.value) ** 2, degrees: Infinity }
  return added([one, run])
}

/** Nine of ten: by Student's t with the estimate's degrees of freedom, never below zero. */
export function intervalOf({ value, variance, degrees }: Estimate): Interval {
  const half = studentQuantile95(degrees) * Math.sqrt(variance)
  return { low: Math.max(0, value - half), estimate: value, high: value + half }
}

/** An estimate in another unit. */
export function scaled({ value, variance, degrees }: Estimate, factor: number): Estimate {
  return { value: value * factor, variance: variance * factor ** 2, degrees }
}
