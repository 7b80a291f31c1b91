import { type SourceSample, shardLimits } from '@restitute/run'
import { type CostModel, contentCost, fitCosts, type Observation } from './cost-model.ts'
import { type Estimate, estimateWork, type MeasuredStratum } from './estimate.ts'

/** What a full export of one source would take and give, as far as a sample tells. */
export interface SourceWork {
  readonly source: string
  readonly items: number
  /** Plaintext. */
  readonly bytes: number
  /** Ciphertext that would be delivered. */
  readonly written: number
  readonly volumes: number
  readonly model: CostModel
  /** Worker seconds of all volumes together. */
  readonly work: Estimate
  /** Worker seconds that the volumes of the sample took, those to warm up on included. */
  readonly sampled: number
  /** Seconds of the whole that are not shared between workers: the inventory, then bag and index. */
  readonly alone: number
  /** The same of the sample. */
  readonly aloneInSample: number
  /** How many times the sample the whole is, by the model. */
  readonly scale: number
  /** Worker seconds of the whole by stage, the greatest first. */
  readonly stages: readonly StageSeconds[]
}

/** How much of the work a stage is. */
export interface StageSeconds {
  readonly stage: string
  readonly seconds: number
}

/**
 * Scales what was measured of one source up to all of it. `workers`: threads of the full run. Volumes to warm up on do
 * not count, but where nothing else was measured.
 */
export function sourceWork(measured: SourceSample, workers: number): SourceWork {
  const sample = warm(measured)
  const observed = sample.shards.map(observation)
  const quickest = Math.min(...[...observed, ...bagOf(sample)].map(({ seconds }) => seconds))
  const fitted = fitCosts(observed, Number.isFinite(quickest) ? quickest : 0)
  const whole = totals(sample.strata)
  const strata = strataOf(sample, shardLimits(whole, workers))
  const work = estimateWork(strata, fitted)
  const drawn = contentCost(fitted, totals(strata.flatMap((one) => one.drawn)))
  const scale = drawn === 0 ? 1 : contentCost(fitted, whole) / drawn
  return {
    ...{ source: sample.source, ...whole, written: writtenOf(sample) },
    volumes: Math.max(1, Math.ceil(strata.reduce((sum, one) => sum + one.volumes, 0))) + 1,
    model: fitCosts(observed, work.perVolume),
    ...{ work, scale },
    sampled: measured.shards.reduce((sum, { seconds }) => sum + seconds, 0),
    alone: aloneOf(sample, scale),
    aloneInSample: aloneOf(sample, 0),
    stages: stagesOf(sample, scale),
  }
}

function warm(sample: SourceSample): SourceSample {
  const strata = sample.strata.map((one) => {
    const counted = one.volumes.filter(({ warmUp }) => !warmUp)
    return counted.length === 0 ? one : { ...one, volumes: counted }
  })
  const kept = new Set(strata.flatMap(({ volumes }) => volumes.map(({ id }) => id)))
  return { ...sample, strata, shards: sample.shards.filter(({ id }) => kept.has(id)) }
}

function observation({ items, bytes, seconds }: SourceSample['shards'][number]): Observation {
  return { items, bytes, seconds }
}

function bagOf({ bag }: SourceSample): Observation[] {
  return bag ? [observation(bag)] : []
}

function strataOf(
  { strata, shards }: SourceSample,
  limits: { readonly bytes: number; readonly items: number },
): MeasuredStratum[] {
  const byId = new Map(shards.map((shard) => [shard.id, observation(shard)]))
  return strata.map(({ shards: all, items, bytes, volumes }) => ({
    ...{ shards: all, items, bytes },
    volumes: Math.max(bytes / limits.bytes, items / limits.items),
    drawn: volumes.flatMap(({ id, shards: held }) => {
      const one = byId.get(id)
      return one ? [{ ...one, shards: held }] : []
    }),
  }))
}

function totals(parts: readonly { readonly items: number; readonly bytes: number }[]): {
  items: number
  bytes: number
} {
  return {
    items: parts.reduce((sum, { items }) => sum + items, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Each stratum shrinks by compression as its drawn volumes did. */
function writtenOf({ strata, shards }: SourceSample): number {
  const all = totals(shards)
  const written = (some: typeof shards): number => some.reduce((sum, one) => sum + one.written, 0)
  const usual = all.bytes === 0 ? 1 : written(shards) / all.bytes
  return strata.reduce((sum, { bytes, volumes }) => {
    const own = shards.filter(({ id }) => volumes.some((one) => one.id === id))
    const read = totals(own).bytes
    return sum + bytes * (read === 0 ? usual : written(own) / read)
  }, 0)
}

/** The inventory was whole; the index lists every item of a sample, too, but not every entry. `scale` 0: of the sample. */
function aloneOf({ beside, inventoried, shards }: SourceSample, scale: number): number {
  const seconds = (stage: string): number =>
    beside.filter((one) => one.stage === stage).reduce((sum, one) => sum + one.busySeconds, 0)
  const drawn = totals(shards).items
  const lines = inventoried.items + drawn
  const all = inventoried.items + Math.min(drawn * scale, inventoried.items)
  return seconds('inventory') + seconds('index') * (lines === 0 ? 1 : Math.max(1, all / lines))
}

function stagesOf({ shards }: SourceSample, scale: number): StageSeconds[] {
  const all = shards.flatMap(({ stages }) => stages)
  const names = [...new Set(all.map(({ stage }) => stage))]
  return names
    .map((stage) => {
      const own = all.filter((one) => one.stage === stage)
      return { stage, seconds: scale * own.reduce((sum, one) => sum + one.busySeconds, 0) }
    })
    .sort((a, b) => b.seconds - a.seconds)
}
