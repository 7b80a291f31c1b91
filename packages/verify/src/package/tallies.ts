import { type IndexItem, otherReasons, type SourceRecord, type Tally } from '@restitute/manifest'
import { finding } from '../findings.ts'
import type { Check } from './check.ts'

const states = ['exported', 'unchanged', 'removed', 'excluded', 'lost'] as const

/** Sums over the items of a source. */
export interface Tallies {
  readonly byState: Readonly<Record<(typeof states)[number], { items: number; bytes: number }>>
  /** Of exclusion and loss: those that the manifest states, and together all others. */
  readonly reasons: Map<string, number>
}

/** Nothing counted yet of a source of the manifest. */
export function newTallies({ reasons }: SourceRecord): Tallies {
  const zero = (): { items: number; bytes: number } => ({ items: 0, bytes: 0 })
  const byState = { exported: zero(), unchanged: zero(), removed: zero(), excluded: zero(), lost: zero() }
  return { byState, reasons: new Map(Object.keys(reasons).map((reason) => [reason, 0])) }
}

/** Counts one item. */
export function tallyItem({ byState, reasons }: Tallies, { state, bytes, reason = '' }: IndexItem): void {
  byState[state].items++
  byState[state].bytes += bytes
  if (state !== 'excluded' && state !== 'lost') return
  const stated = reasons.has(reason) ? reason : otherReasons
  reasons.set(stated, (reasons.get(stated) ?? 0) + 1)
}

/** Compares the items of the index with the totals and reasons that the manifest states for the source. */
export function checkTallies(
  check: Check,
  { name, totals, reasons: stated }: SourceRecord,
  { byState, reasons }: Tallies,
): void {
  const differ = (what: string, expected: string, got: string): void => {
    if (expected === got) return
    check.findings.add(
      finding('totals-differ', name, `the index disagrees with the manifest on ${what}`, { expected, got }),
    )
  }
  for (const state of states) differ(`${state} items`, said(totals[state]), said(byState[state]))
  differ('inventoried items', said(totals.inventoried), said(inventoried(byState)))
  for (const [reason, items] of reasons) {
    differ('the reasons of exclusion and loss', String(stated[reason] ?? 0), String(items))
  }
}

function inventoried(byState: Tallies['byState']): Tally {
  const present = states.filter((state) => state !== 'removed').map((state) => byState[state])
  return {
    items: present.reduce((sum, { items }) => sum + items, 0),
    bytes: present.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

function said({ items, bytes }: Tally): string {
  return `${items} of ${bytes} bytes`
}
