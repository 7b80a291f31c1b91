import type { DatabaseSync } from 'node:sqlite'
import type { Shard } from '@restitute/core'
import { isContainer } from '../journal/items.ts'
import { itemsOf } from '../journal/shards.ts'
import { type Candidate, drawShards, type SampleTerms, type Stratum } from './choose.ts'

/** Why a rehearsal does not deliver an item. */
export const notInSample = 'not in the sample of this rehearsal'
/** Why an item counts as lost although some of it is in the package. */
export const partlyInSample = 'in the sample of this rehearsal in part only'

/** No volume has this number: it is never made again, so neither is what it stands for. */
const noVolume = 0

/** Draws the shards of a source and states every item that they leave out; gives those to be made, and the strata. */
export function takeSample(
  db: DatabaseSync,
  source: number,
  shards: readonly Shard[],
  terms: SampleTerms,
): { readonly drawn: readonly Shard[]; readonly strata: readonly Stratum[] } {
  const facts = factsReader(db, source)
  const strata = drawShards(
    shards.map((shard) => ({ shard, ...facts(shard) })),
    terms,
  )
  const ids = new Set(strata.flatMap(({ drawn }) => drawn))
  const drawn = shards.filter(({ id }) => ids.has(id))
  leaveOut(db, source, shards, ids)
  return { drawn, strata }
}

function factsReader(db: DatabaseSync, source: number): (shard: Shard) => Omit<Candidate, 'shard'> {
  const kinds = db.prepare(
    `SELECT kind, total(bytes) AS bytes, max(${isContainer}) AS certain FROM items
     WHERE source = ? AND ordinal BETWEEN ? AND ? GROUP BY kind ORDER BY 2 DESC, 1`,
  )
  return (shard) => {
    const rows = kinds.all(source, shard.first, shard.last)
    const bytes = rows.reduce((total, row) => total + Number(row['bytes']), 0)
    return {
      kind: String(rows[0]?.['kind'] ?? 'item'),
      items: shard.slice === undefined ? itemsOf(shard) : 1,
      bytes: shard.slice === undefined ? bytes : shard.bytes,
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
