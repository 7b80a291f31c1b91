import { type Connector, type Difference, RestituteError, type SourceSpec } from '@restitute/core'
import type { Series } from './open-series.ts'
import { exclusions, heldItems, heldTally } from './series-rows.ts'

/** What {@link compareSource} needs. */
export interface CompareOptions {
  readonly series: Series
  /** Name of the source in the series. */
  readonly source: string
  readonly target: SourceSpec
  readonly connector: Connector
  readonly signal: AbortSignal
}

/** How a target compares with what was delivered. Equal when `different` is 0. */
export interface Comparison {
  /** What was delivered and compared. */
  readonly items: number
  readonly bytes: number
  readonly different: number
  /** The first 1 000 of them, in the order in which the connector finds them. */
  readonly differences: readonly Difference[]
}

const mostDifferences = 1000

/**
 * Compares a target by content and definitions with the delivered items of a source; changes nothing.
 * What the series states as excluded or lost is no difference where it is there all the same: a folder, because of what lies in
 * it; a table, of which only the definition came.
 * Errors: `usage` (no such source; the base package is missing), `source-unreachable`, `interrupted`.
 */
export async function compareSource(options: CompareOptions): Promise<Comparison> {
  const { series, source, target, connector, signal } = options
  checkSource(series, source)
  const isLeftOut = exclusions(series.db, source)
  const differences: Difference[] = []
  let different = 0
  for await (const one of connector.compare(target, heldItems(series.db, source), signal)) {
    if (one.change === 'new' && isLeftOut(one.item)) continue
    different++
    if (different <= mostDifferences) differences.push(one)
  }
  return { ...heldTally(series.db, source), different, differences }
}

/** Throws `usage` unless the whole of the source is in the series. */
export function checkSource({ sources, complete, packages }: Series, source: string): void {
  if (!sources.includes(source)) {
    throw new RestituteError(
      'usage',
      `source ${source}: not in these packages, which hold ${sources.join(', ')}`,
    )
  }
  const base = packages[0]?.manifest.base
  if (complete || !base) return
  throw new RestituteError('usage', `series: the package ${base.package} is missing`, {
    hint: 'give all packages of the delivery, the oldest first',
  })
}
