import type { ItemState } from '@restitute/manifest'
import type { Series } from './open-series.ts'

/** An item as the newest package that speaks of it states it. */
export interface ListedItem {
  readonly source: string
  readonly item: string
  readonly kind: string
  readonly state: ItemState
  readonly bytes: number
  readonly count?: number
  readonly digest?: string
  readonly reason?: string
  /** Package that holds its content; absent when nothing does. */
  readonly package?: string
}

/** Every item of the series, by source in order of name, then ascending by id; `glob` matches the id. */
export function listSeries(series: Series, glob?: string): Iterable<ListedItem> {
  throw new Error(`not yet: ${series.packages.length} ${glob}`)
}
