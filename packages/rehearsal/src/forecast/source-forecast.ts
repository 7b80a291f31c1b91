import { type SourceSample, volumesOf } from '@restitute/run'
import { type CostModel, contentCost, fitCosts, type Observation } from './cost-model.ts'
import { type Estimate, estimateWork, type MeasuredStratum } from './estimate.ts'
import { shardSeconds } from './seconds.ts'

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
  /** Seconds of the whole that are not shared between workers: the inventory, then bag and index. */
  readonly alone: number
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
 * Scales what was measured of one source up to all of it. `workers`: threads of the full run. The first volumes of each
 * thread are left out where others of their stratum remain: they were made with code that the engine had not compiled yet,
 * which a long run forgets.
 */
export function sourceWork(measured: SourceSample, workers: number): SourceWork {
  const sample = warm(measured, workers * coldVolumes)
  const observed = sample.shards.map(observation)
  const perVolume = Math.min(...[...observed, ...bagOf(sample)].map(({ seconds }) => seconds))
  const model = fitCosts(observed, Number.isFinite(perVolume) ? perVolume : 0)
  const strata = strataOf(sample)
  const whole = totals(strata)
  const volumes = volumesOf(whole, workers) + 1
  const work = estimateWork(strata, model, volumes)
  const drawn = contentCost(model, totals(strata.flatMap(({ drawn }) => drawn)))
  const scale = drawn === 0 ? 1 : contentCost(model, whole) / drawn
  return {
    ...{ source: sample.source, ...whole, written: writtenOf(sample), volumes, model, work, scale },
    alone: aloneOf(sample, scale),
    stages: stagesOf(sample, scale),
  }
}

const coldVolumes = 2

function warm(sample: SourceSample, cold: number): SourceSample {
  const early = new Set(sample.shards.slice(0, cold).map(({ id }) => id))
  const strata = sample.strata.map((one) => {
    const later = one.drawn.filter((id) => !early.has(id))
    return later.length < leastKept ? one : { ...one, drawn: later }
  })
  const kept = new Set(strata.flatMap(({ drawn }) => drawn))
  return { ...sample, strata, shards: sample.shards.filter(({ id }) => kept.has(id)) }
}

const leastKept = 3

function observation(shard: SourceSample['shards'][number]): Observation {
  return { items: shard.items, bytes: shard.bytes, seconds: shardSeconds(shard) }
}

function bagOf({ bag }: SourceSample): Observation[] {
  return bag ? [observation(bag)] : []
}

function strataOf({ strata, shards }: SourceSample): MeasuredStratum[] {
  const byId = new Map(shards.map((shard) => [shard.id, observation(shard)]))
  return strata.map(({ drawn, ...stratum }) => ({
    ...stratum,
    drawn: drawn.flatMap((id) => byId.get(id) ?? []),
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
  return strata.reduce((sum, { bytes, drawn }) => {
    const own = shards.filter(({ id }) => drawn.includes(id))
    const read = totals(own).bytes
    return sum + bytes * (read === 0 ? usual : written(own) / read)
  }, 0)
}

/** The inventory was whole; the index lists every item of a sample, too, but not every entry. */
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
