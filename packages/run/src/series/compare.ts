import type { Connector, Difference, SourceSpec } from '@restitute/core'
import type { Series } from './open-series.ts'

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
  /** The first 1 000 of them, ascending by item. */
  readonly differences: readonly Difference[]
}

/** Compares a target by content and definitions with the delivered items of a source; changes nothing. */
export async function compareSource(options: CompareOptions): Promise<Comparison> {
  throw new Error(`not yet: ${options.source}`)
}
