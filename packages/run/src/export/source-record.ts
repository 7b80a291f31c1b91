import type { DatabaseSync } from 'node:sqlite'
import { RestituteError } from '@restitute/core'
import {
  type ItemState,
  type MomentTimes,
  otherReasons,
  type SourceRecord,
  type Tally,
} from '@restitute/manifest'
import { payloadTally } from '../journal/entries.ts'
import { inventoryTally, reasonCounts, stateTallies } from '../journal/items.ts'
import { getMeta } from '../journal/meta.ts'
import { reasonLine } from '../journal/reasons.ts'
import type { SourceRow } from '../journal/sources.ts'
import type { ExportSource } from './options.ts'

const nothing: Tally = { items: 0, bytes: 0 }
// A reason should be a sentence, not a name; a source that gives each item its own must not fill the manifest.
const mostReasons = 50

/** What the manifest says of a source that was read; throws `internal` when its totals do not add up (R1). */
export function sourceRecord(db: DatabaseSync, row: SourceRow, source: ExportSource): SourceRecord {
  const { point, consistency, takenAt, fingerprint } = row.view
  const tallies = stateTallies(db, row.id)
  const of = (state: ItemState): Tally => tallies.get(state) ?? nothing
  const totals = {
    inventoried: inventoryTally(db, row.id),
    exported: of('exported'),
    unchanged: of('unchanged'),
    removed: of('removed'),
    excluded: of('excluded'),
    lost: of('lost'),
  }
  checkTotals(row, totals)
  const { files, bytes } = payloadTally(db, row.id)
  return {
    ...identity(source),
    fingerprint,
    view: { point, consistency, takenAt, ...hooksOf(db, source) },
    totals,
    payload: { files, bytes },
    reasons: reasons(db, row.id),
    ...(source.terms.empty && { declaredEmpty: true as const }),
  }
}

function hooksOf(db: DatabaseSync, { terms, spec }: ExportSource): { readonly hooks?: MomentTimes } {
  const times = spec.hooks && getMeta(db, `moment:${terms.name}`)
  return times === undefined ? {} : { hooks: JSON.parse(times) as MomentTimes }
}

/** What the manifest says of a source that the contract leaves out: never read. */
export function excludedRecord(source: ExportSource, at: string): SourceRecord {
  const none = nothing
  return {
    ...identity(source),
    fingerprint: 'not-read',
    view: { point: 'not read', consistency: 'per-item', takenAt: at },
    totals: {
      ...{ inventoried: none, exported: none, unchanged: none, removed: none, excluded: none, lost: none },
    },
    payload: { files: 0, bytes: 0 },
    reasons: { [reasonLine(`source excluded by the contract: ${source.terms.excluded}`)]: 0 },
  }
}

function identity({ terms, instance, spec }: ExportSource): { name: string; instance: string; kind: string } {
  return { name: terms.name, instance, kind: spec.url.split(':', 1)[0] ?? '' }
}

function checkTotals({ name }: SourceRow, totals: SourceRecord['totals']): void {
  const { inventoried, exported, unchanged, excluded, lost } = totals
  const sum = exported.items + unchanged.items + excluded.items + lost.items
  if (sum === inventoried.items) return
  throw new RestituteError(
    'internal',
    `source ${name}: inventoried ${inventoried.items} items, but accounts for ${sum}`,
  )
}

function reasons(db: DatabaseSync, source: number): Record<string, number> {
  const sums = new Map<string, number>()
  for (const { reason, items } of reasonCounts(db, source)) {
    const key = sums.size < mostReasons || sums.has(reason) ? reason : otherReasons
    sums.set(key, (sums.get(key) ?? 0) + items)
  }
  return Object.fromEntries(sums)
}
