import type { Difference, Exporter, Watcher } from './connector.ts'
import type { Item, KnownItem } from './item.ts'
import { pairs } from './pairs.ts'
import type { SourceSpec } from './source.ts'

/** Tells how an item that is there now differs from what is known of it, if that is anything; undefined: not at all. */
export type Judge = (now: Item, known: KnownItem | undefined) => Difference | undefined

/** How what is found differs from what is known; both ascending by id. */
async function* differencesOf(
  found: AsyncIterable<Item>,
  known: AsyncIterable<KnownItem>,
  judge: Judge,
): AsyncIterable<Difference> {
  for await (const pair of pairs(known, found)) {
    const difference = pair.now ? judge(pair.now, pair.known) : removed(pair.known)
    if (difference) yield difference
  }
}

/** What is known and not there any more. */
export function removed(known: KnownItem | undefined): Difference | undefined {
  return known && { item: known.id, change: 'removed' }
}

/** Takes a view for one caller alone: disposing of the exporter leaves nothing of it. */
type Open = (source: SourceSpec, signal: AbortSignal) => Promise<Exporter>

/** How a source differs from what is known of it, by its inventory taken now in a view of its own; digests decide, unless told otherwise. */
export async function* differencesNow(
  open: Open,
  source: SourceSpec,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
  judge: Judge = byDigest,
): AsyncIterable<Difference> {
  await using exporter = await open(source, signal)
  yield* differencesOf(exporter.inventory(signal), known, judge)
}

/** Watches by {@link differencesNow}: each call reads in a view of its own. */
export function watcherByInventory(open: Open, source: SourceSpec, judge: Judge = byDigest): Watcher {
  return {
    differences: (known, signal) => differencesNow(open, source, known, signal, judge),
    async [Symbol.asyncDispose]() {},
  }
}

function byDigest(item: Item, known: KnownItem | undefined): Difference | undefined {
  if (item.digest === undefined)
    return { item: item.id, change: 'unreadable', detail: item.lost ?? 'no digest' }
  if (!known) return { item: item.id, change: 'new' }
  if (item.digest === known.digest) return undefined
  return { item: item.id, change: 'changed', ...detailOf(item, known) }
}

function detailOf(item: Item, known: KnownItem): { detail?: string } {
  if (item.lost !== undefined) return { detail: item.lost }
  if (item.count === undefined || known.count === undefined || item.count === known.count) return {}
  return { detail: `expected ${known.count} rows, got ${item.count}` }
}
