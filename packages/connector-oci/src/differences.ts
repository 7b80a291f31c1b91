import {
  type Difference,
  type Exporter,
  type Item,
  type KnownItem,
  type Pair,
  pairs,
  removed,
  throwIfInterrupted,
} from '@restitute/core'
import { indexId, layoutId } from './items.ts'
import { blobPath, digestOfPath } from './names.ts'
import { open } from './read.ts'
import { isReferrersTag } from './referring.ts'
import type { Store } from './store.ts'

/** Where to look, and whether the two files of the layout count: what a restoration elsewhere writes there may differ. */
export interface Looking {
  readonly store: Store
  readonly exporter: Exporter
  readonly layoutFiles: boolean
  /** Paths of lists of referrers that a restoration made for a registry that makes none. */
  readonly made: ReadonlySet<string>
  /** A destruction was cut short: content that cannot be read any more is gone, for by its digest it cannot be another one. */
  readonly cutShort?: boolean
  readonly signal: AbortSignal
}

/** What is now, read whole and proven by its digests, against what is known; both ascending by id. */
export async function* differencesOf(
  known: AsyncIterable<KnownItem>,
  looking: Looking,
): AsyncIterable<Difference> {
  for await (const pair of pairs(known, looking.exporter.inventory(looking.signal))) {
    throwIfInterrupted(looking.signal)
    const difference = await differenceOf(pair, looking)
    if (difference) yield asGone(difference, pair, looking)
  }
}

function asGone(difference: Difference, { now, known }: Pair, { cutShort = false }: Looking): Difference {
  const same = known !== undefined && known.mark === now?.mark
  return cutShort && same && difference.change === 'unreadable'
    ? { item: known.id, change: 'removed' }
    : difference
}

function counts(id: string, { layoutFiles }: Looking): boolean {
  return layoutFiles || (id !== indexId && id !== layoutId)
}

async function differenceOf({ now: item, known }: Pair, looking: Looking): Promise<Difference | undefined> {
  if (!item) return known && counts(known.id, looking) ? removed(known) : undefined
  const { id } = item
  if (!counts(id, looking)) return undefined
  if (item.lost !== undefined) return { item: id, change: 'unreadable', detail: item.lost }
  if (!known) return looking.made.has(id) ? undefined : { item: id, change: 'new' }
  if (item.mark !== known.mark)
    return { item: id, change: 'changed', detail: `expected ${known.mark}, got ${item.mark}` }
  const digest = digestOfPath(id)
  const loss = digest === undefined ? undefined : await lossOf(item, digest, looking)
  return loss === undefined ? undefined : { item: id, change: 'unreadable', detail: loss }
}

async function lossOf(item: Item, digest: string, { store, signal }: Looking): Promise<string | undefined> {
  const content = await open(item, digest, { store, signal })
  if ('lost' in content) return content.lost
  for await (const _ of content.take(item.bytes, signal)) throwIfInterrupted(signal)
  return (await content.loss())?.lost
}

/** Ids of the tags of the tag scheme for referrers and of what they name. */
export async function referrerLists(exporter: Exporter, signal: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const { id, kind, mark } of exporter.inventory(signal)) {
    if (kind !== 'tag' || !isReferrersTag(id.slice('tag/'.length))) continue
    ids.add(id)
    ids.add(blobPath(mark))
  }
  return ids
}
