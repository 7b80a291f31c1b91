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
  /** Ids of the shards drawn, in the order of the source. */
  readonly drawn: readonly string[]
}

/** Fewer would say nothing of how much the shards of a stratum differ. */
const leastDrawn = 3

/**
 * Draws shards at random, without replacement, in each stratum by itself: many small items and few large ones cost
 * differently, and a sample of the whole would miss the few. At least three of each stratum, or all there are.
 */
export function drawShards(candidates: readonly Candidate[], terms: SampleTerms): Stratum[] {
  const strata = Map.groupBy(candidates, stratumName)
  return [...strata].map(([name, members]) => {
    const wanted = members.every(({ certain }) => certain)
      ? members.length
      : Math.max(leastDrawn, Math.round(terms.share * members.length))
    const drawn = new Set(shuffled(members, terms.seed).slice(0, wanted))
    return {
      name,
      shards: members.length,
      items: sum(members.map(({ items }) => items)),
      bytes: sum(members.map(({ bytes }) => bytes)),
      drawn: members.filter((one) => drawn.has(one)).map(({ shard }) => shard.id),
    }
  })
}

function stratumName({ shard, kind, items, bytes, certain }: Candidate): string {
  if (certain) return 'certain'
  if (shard.slice !== undefined) return `${kind} pieces`
  return `${kind} ${Math.floor(Math.log2(Math.max(1, bytes / Math.max(1, items))) / 2)}`
}

/** In the order of a digest: random to whoever does not know the seed, and the same for whoever does. */
function shuffled(members: readonly Candidate[], seed: string): Candidate[] {
  const rank = ({ shard }: Candidate): string =>
    createHash('sha256').update(`${seed}\n${shard.id}`).digest('hex')
  return members
    .map((one) => ({ one, at: rank(one) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ one }) => one)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
