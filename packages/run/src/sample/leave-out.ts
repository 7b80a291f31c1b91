import type { DatabaseSync } from 'node:sqlite'
import type { Shard } from '@restitute/core'
import { isContainer } from '../journal/items.ts'
import { itemsOf } from '../journal/shards.ts'
import {
  type Candidate,
  type DrawnStratum,
  drawShards,
  inRandomOrder,
  type Packing,
  type SampleTerms,
  type SampleVolume,
  type Stratum,
} from './choose.ts'

/** Why a rehearsal does not deliver an item. */
export const notInSample = 'not in the sample of this rehearsal'
/** Why an item counts as lost although some of it is in the package. */
export const partlyInSample = 'in the sample of this rehearsal in part only'

/** No volume has this number: it is never made again, so neither is what it stands for. */
const noVolume = 0

/** What is to be made of a source. */
export interface Sample {
  /** In the order in which they are made. */
  readonly volumes: readonly (readonly Shard[])[]
  readonly strata: readonly Stratum[]
}

/** Draws the shards of a source, packs them into volumes and states every item that they leave out. */
export function takeSample(
  db: DatabaseSync,
  source: number,
  shards: readonly Shard[],
  terms: SampleTerms,
  packing: Packing,
): Sample {
  const facts = factsReader(db, source, piecesOf(shards))
  const candidates = shards.map((shard) => ({ shard, ...facts(shard) }))
  const strata = drawShards(candidates, terms, packing)
  const volumes = inOrder(strata, shards, terms.seed)
  leaveOut(db, source, shards, new Set(volumes.flatMap(({ pack }) => pack.map(({ id }) => id))))
  return {
    volumes: volumes.map(({ pack }) => pack),
    strata: strata.map(({ packs: _packs, warmUps: _warmUps, ...stratum }) => ({
      ...stratum,
      volumes: volumes.filter(({ of }) => of === stratum.name).map(recordOf),
    })),
  }
}

interface PlannedVolume {
  /** Name of its stratum. */
  readonly of: string
  readonly pack: readonly Shard[]
  readonly warmUp: boolean
}

function recordOf({ pack, warmUp }: PlannedVolume): SampleVolume {
  const [first] = pack
  return { id: first?.id ?? '', shards: pack.length, ...(warmUp && { warmUp: true as const }) }
}

/**
 * Volumes to warm up on come first; the others in random order, so that what changes in the course of a rehearsal meets
 * all strata alike.
 */
function inOrder(strata: readonly DrawnStratum[], source: readonly Shard[], seed: string): PlannedVolume[] {
  const all = strata.flatMap(({ name, packs, warmUps }) =>
    packs.map((pack, i) => ({ of: name, pack, warmUp: i < warmUps })),
  )
  const order = inRandomOrder(all, `order ${seed}`, ({ pack }) => pack[0]?.id ?? '')
  const volumes = [...order.filter(({ warmUp }) => warmUp), ...order.filter(({ warmUp }) => !warmUp)]
  const joined = piecesInOrder(
    volumes.flatMap(({ pack }) => pack),
    source,
  )
  let next = 0
  return volumes.map((one) => ({ ...one, pack: joined.slice(next, (next += one.pack.length)) }))
}

/** Pieces of one item change places with one another until they come as a restoration joins them: in ascending order. */
function piecesInOrder(drawn: readonly Shard[], source: readonly Shard[]): readonly Shard[] {
  const ids = new Set(drawn.map(({ id }) => id))
  const ascending = Map.groupBy(
    source.filter(({ id }) => ids.has(id)),
    ({ first }) => first,
  )
  return drawn.map((shard) => ascending.get(shard.first)?.shift() ?? shard)
}

/** By their first item: a connector may say something of every shard in `slice`, which makes no piece of it. */
function piecesOf(shards: readonly Shard[]): ReadonlySet<Shard> {
  const together = Map.groupBy(shards, ({ first }) => first)
  return new Set([...together.values()].filter(({ length }) => length > 1).flat())
}

function factsReader(
  db: DatabaseSync,
  source: number,
  pieces: ReadonlySet<Shard>,
): (shard: Shard) => Omit<Candidate, 'shard'> {
  const kinds = db.prepare(
    `SELECT kind, total(bytes) AS bytes, max(${isContainer}) AS certain FROM items
     WHERE source = ? AND ordinal BETWEEN ? AND ? GROUP BY kind ORDER BY 2 DESC, 1`,
  )
  return (shard) => {
    const rows = kinds.all(source, shard.first, shard.last)
    const piece = pieces.has(shard)
    return {
      kind: String(rows[0]?.['kind'] ?? 'item'),
      piece,
      items: itemsOf(shard),
      bytes: piece ? shard.bytes : rows.reduce((total, row) => total + Number(row['bytes']), 0),
      certain: rows.some((row) => row['certain'] === 1),
    }
  }
}

/** An item is whole only when every shard that reads of it is drawn; another name of a file goes with that file. */
function leaveOut(
  db: DatabaseSync,
  source: number,
  shards: readonly Shard[],
  drawn: ReadonlySet<string>,
): void {
  const exclude = db.prepare(
    `UPDATE items SET state = 'excluded', reason = ?, ordinal = NULL, read_at = NULL
     WHERE source = ? AND read_at BETWEEN ? AND ?`,
  )
  const lose = db.prepare(
    `INSERT INTO losses (source, volume, item, reason)
     SELECT source, ?, id, ? FROM items WHERE source = ? AND read_at = ?`,
  )
  const pieces = Map.groupBy(shards, ({ first }) => first)
  for (const [first, same] of pieces) {
    const count = same.filter(({ id }) => drawn.has(id)).length
    const last = Math.max(...same.map((shard) => shard.last))
    if (count === 0) exclude.run(notInSample, source, first, last)
    else if (count < same.length) lose.run(noVolume, partlyInSample, source, first)
  }
}
