import { type CostModel, contentCost, type Observation } from './cost-model.ts'
import { studentQuantile95 } from './student.ts'

/** Volumes that cost alike, and those of them that were drawn and measured. */
export interface MeasuredStratum {
  /** All volumes of the stratum, drawn or not. */
  readonly shards: number
  readonly items: number
  readonly bytes: number
  readonly drawn: readonly Observation[]
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

/**
 * Worker seconds that a whole source takes, out of a stratified sample. In each stratum the measured seconds are
 * scaled by what the model says of the whole and of the drawn (the separate ratio estimate; Cochran, Sampling
 * Techniques, ch. 6). Its variance is the larger of two: how far the drawn of the stratum lie from their ratio, each
 * distance enlarged by the weight that the volume has in it (jackknife), and how far volumes of all strata lie from
 * theirs in proportion, for three draws alone may agree by chance. Volumes themselves come on top, by `volumes`.
 */
export function estimateWork(
  strata: readonly MeasuredStratum[],
  model: CostModel,
  volumes: number,
): Estimate {
  const ratios = strata.map((stratum) => ratioOf(stratum, model))
  const pooled = pooledSpread(ratios)
  const parts = ratios.map((one) => stratumWork(one, pooled))
  const total = parts.reduce((all, { value }) => all + value, 0)
  return { ...added(parts), value: total + model.perVolume * volumes }
}

/** A stratum by the model: `sizes` and `seconds` of the drawn, `whole` of all. */
interface StratumRatio {
  readonly shards: number
  readonly whole: number
  readonly sizes: readonly number[]
  readonly seconds: readonly number[]
  readonly ratio: number
}

function ratioOf({ shards, items, bytes, drawn }: MeasuredStratum, model: CostModel): StratumRatio {
  const sizes = drawn.map((one) => Math.max(tiny, contentCost(model, one)))
  const seconds = drawn.map((one) => Math.max(0, one.seconds - model.perVolume))
  const whole = Math.max(contentCost(model, { items, bytes }), tiny * shards)
  return { shards, whole, sizes, seconds, ratio: drawn.length === 0 ? 1 : sum(seconds) / sum(sizes) }
}

const tiny = 1e-9

/** Relative variance of one volume around the ratio of its stratum, over all strata. */
function pooledSpread(ratios: readonly StratumRatio[]): {
  readonly variance: number
  readonly degrees: number
} {
  const degrees = sum(ratios.map(({ sizes }) => Math.max(0, sizes.length - 1)))
  const squares = ratios.flatMap(({ sizes, seconds, ratio }) =>
    sizes.map((size, i) => (ratio === 0 ? 0 : ((seconds[i] ?? 0) / (ratio * size) - 1) ** 2)),
  )
  return { variance: degrees === 0 ? 1 : sum(squares) / degrees, degrees: Math.max(1, degrees) }
}

function stratumWork(
  one: StratumRatio,
  pooled: { readonly variance: number; readonly degrees: number },
): Estimate {
  const { shards, whole, sizes, ratio } = one
  const n = sizes.length
  const value = ratio * whole
  if (n >= shards) return { value, variance: 0, degrees: Infinity }
  const own = ownVariance(one)
  const measured = sum(sizes)
  const squares = sum(sizes.map((size) => size ** 2))
  const rest = Math.max(0, whole - measured)
  const unseen = (shards - n) * (n === 0 ? (whole / shards) ** 2 : squares / n)
  const share = n === 0 ? 1 : squares / measured ** 2
  const byAll = ratio ** 2 * pooled.variance * (unseen + rest ** 2 * share)
  return byAll > own
    ? { value, variance: byAll, degrees: pooled.degrees }
    : { value, variance: own, degrees: Math.max(1, n - 1) }
}

function ownVariance({ shards, whole, sizes, seconds, ratio }: StratumRatio): number {
  const n = sizes.length
  if (n < 2) return 0
  const measured = sum(sizes)
  const distances = sizes.map((size, i) => ((seconds[i] ?? 0) - ratio * size) / (1 - size / measured))
  const spread = sum(distances.map((distance) => distance ** 2)) / (n - 1)
  const scale = whole / (measured / n)
  return ((1 - n / shards) * scale ** 2 * spread) / n
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
