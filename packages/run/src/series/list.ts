import { matchesGlob } from 'node:path/posix'
import type { ItemState } from '@restitute/manifest'
import type { Series } from './open-series.ts'
import { type SeriesItem, seriesItems } from './series-rows.ts'

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
  /** Package that holds its content; absent when none of the series does. */
  readonly package?: string
}

/** Every item of the series, by source in order of name, then ascending by id; `glob` matches the id. */
export function* listSeries(series: Series, glob?: string): Iterable<ListedItem> {
  const holder = series.db.prepare('SELECT package FROM entries WHERE source = ? AND item = ? LIMIT 1')
  for (const row of seriesItems(series.db)) {
    if (glob !== undefined && !matchesGlob(row.id, glob)) continue
    const number = holder.get(row.source, row.id)?.['package'] ?? stated(row)
    yield listed(row, number === undefined ? undefined : series.packages[Number(number)]?.manifest.package)
  }
}

/** What has no entry of its own, such as a link, lies with the package that exported it. */
function stated(row: SeriesItem): number | undefined {
  return row.state === 'exported' ? row.package : undefined
}

function listed(row: SeriesItem, packageName: string | undefined): ListedItem {
  const { source, id: item, kind, state, bytes, count, digest, reason } = row
  return {
    ...{ source, item, kind, state, bytes },
    ...(count !== null && { count }),
    ...(digest !== null && { digest }),
    ...(reason !== null && { reason }),
    ...(packageName !== undefined && { package: packageName }),
  }
}
