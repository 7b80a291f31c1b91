import { createHash } from 'node:crypto'
import type { Shard } from '@restitute/core'

/** For a rehearsal: only a random part of each source is exported; everything else is stated as excluded. */
export interface SampleTerms {
  /** Share of each stratum, above 0 and at most 1. */
  readonly share: number
  /** Makes the choice repeatable; any text. */
  readonly seed: string
}

/** A shard that may be drawn, with what its cost depends on. */
export interface Candidate {
  readonly shard: Shard
  /** Kind of the items that make up most of its bytes. */
  readonly kind: string
  /** Of an item too large for one shard. */
  readonly piece: boolean
  readonly items: number
  /** Plaintext. */
  readonly bytes: number
  /** Holds what a restoration cannot do without (the root of a tree, the definitions): always drawn. */
  readonly certain: boolean
}

/** Shards that cost alike: of one kind, one class of item size, and either whole items or pieces of large ones. */
export interface Stratum {
  /** For instance `file, 4 KiB to 16 KiB` in words of the machine: `file 6`. */
  readonly name: string
  readonly shards: number
  readonly items: number
  readonly bytes: number
  /** How many of its shards were drawn. */
  readonly drawn: number
  /** The volumes that the drawn are packed into. */
  readonly volumes: readonly SampleVolume[]
}

/** A volume of a sample: one drawn shard, or several of one stratum together. */
export interface SampleVolume {
  /** Id of its first shard, which names it. */
  readonly id: string
  readonly shards: number
  /** Made first, so that the engine has compiled its code when it counts: not measured. */
  readonly warmUp?: true
}

/** A stratum, and what was drawn of it. */
export interface DrawnStratum extends Omit<Stratum, 'volumes'>, Packs<Shard> {}

/** What volumes of a sample are packed by. */
export interface Packing {
  /** Of the full run. */
  readonly workers: number
  /** The largest volume of the full run. */
  readonly volume: { readonly bytes: number; readonly items: number }
}

/** Fewer would say nothing of how much the shards of a stratum differ. */
const leastDrawn = 3

/**
 * Draws shards at random, without replacement, in each stratum by itself: many small items and few large ones cost
 * differently, and a sample of the whole would miss the few. At least three of each stratum, or all there are. What is
 * drawn goes into volumes of two sizes (see {@link packed}).
 */
export function drawShards(
  candidates: readonly Candidate[],
  terms: SampleTerms,
  packing: Packing,
): DrawnStratum[] {
  const strata = Map.groupBy(candidates, stratumName)
  return [...strata].map(([name, members]) => {
    const wanted = wantedOf(members, terms)
    const whole = wanted >= members.length
    const drawn = whole
      ? members
      : inRandomOrder(members, terms.seed, ({ shard }) => shard.id).slice(0, wanted)
    const bytes = sum(members.map((one) => one.bytes))
    const items = sum(members.map((one) => one.items))
    const perVolume = Math.min(
      packing.volume.bytes / (bytes / members.length),
      packing.volume.items / (items / members.length),
    )
    const { packs, warmUps } = whole ? alone(drawn) : packed(drawn, perVolume, packing.workers)
    return {
      ...{ name, shards: members.length, items, bytes, drawn: drawn.length },
      ...{ packs: packs.map((pack) => pack.map(({ shard }) => shard)), warmUps },
    }
  })
}

function wantedOf(members: readonly Candidate[], { share }: SampleTerms): number {
  if (members.every(({ certain }) => certain)) return members.length
  return Math.max(leastDrawn, Math.round(share * members.length))
}

/** Volumes of a stratum, those to warm up on first. */
export interface Packs<T> {
  readonly packs: readonly (readonly T[])[]
  readonly warmUps: number
}

function alone<T>(drawn: readonly T[]): Packs<T> {
  return { packs: drawn.map((one) => [one]), warmUps: 0 }
}

const fewestToPack = 6
const leastSingles = 3
const mostSingles = 12
const leastPacks = 3

/**
 * Packs what was drawn of a stratum into volumes: some shards alone, the others many together, up to a volume of the full
 * run. From volumes of two sizes follows what a volume costs by itself, apart from its content. The first, one for
 * each worker where enough others remain, are for warming up.
 */
export function packed<T>(drawn: readonly T[], perVolume: number, workers: number): Packs<T> {
  const spare = Math.max(0, Math.min(workers, drawn.length - leastDrawn))
  if (drawn.length < fewestToPack) return { ...alone(drawn), warmUps: spare }
  const singles = Math.min(mostSingles, Math.max(leastSingles, Math.floor(drawn.length / 5)))
  const rest = drawn.slice(singles)
  const wanted = Math.max(leastPacks + workers, Math.ceil(rest.length / Math.max(1, perVolume)))
  const count = Math.min(wanted, Math.max(1, Math.floor(rest.length / 2)))
  const packs = Array.from({ length: count }, (_, i) => rest.filter((_one, at) => at % count === i))
  const warmUps = Math.max(0, Math.min(workers, count - leastPacks))
  return { packs: [...packs, ...drawn.slice(0, singles).map((one) => [one])], warmUps }
}

function stratumName({ kind, piece, items, bytes, certain }: Candidate): string {
  if (certain) return 'certain'
  if (piece) return `${kind} pieces`
  return `${kind} ${Math.floor(Math.log2(Math.max(1, bytes / Math.max(1, items))) / 2)}`
}

/** In the order of a digest: random to whoever does not know the seed, and the same for whoever does. */
export function inRandomOrder<T>(some: readonly T[], seed: string, idOf: (one: T) => string): T[] {
  const rank = (one: T): string =>
    createHash('sha256')
      .update(`${seed}\n${idOf(one)}`)
      .digest('hex')
  return some
    .map((one) => ({ one, at: rank(one) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ one }) => one)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
