import type { Difference, Item, KnownItem } from '@restitute/core'
import { differencesByKey, differingFact } from './by-key.ts'
import { type Reread, readAgain } from './content.ts'
import { wantedOf } from './entries.ts'
import { isGone, reasonOf, statusOf } from './errors.ts'
import { factsOf } from './facts.ts'
import { Unreadable, type Wanted } from './fetch.ts'
import type { Group } from './groups.ts'
import type { Store } from './store.ts'

const mostKeysAtOnce = 32
/**
 * Where a version is stored may change by rules of the bucket, and locks and holds have to end before a destruction: neither is
 * content.
 */
const watchedFacts = ['headers', 'metadata', 'tags', 'acl']

/**
 * How a bucket differs from what was delivered of it. Versions are told apart by their ids: the service promises that the
 * content of a version never changes, so its id, ETag, length and metadata are asked for again, one by one, and its content is
 * read again only where the id is `null`, for there is no such promise. Tags and access lists may change, and are compared.
 */
export function watchDifferences(
  store: Store,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const judge = (group: Group): Promise<Difference[]> => compareVersions(store, group, signal)
  return differencesByKey(store, known, { atOnce: mostKeysAtOnce, judge, signal })
}

async function compareVersions(
  store: Store,
  { known, now }: Group,
  signal: AbortSignal,
): Promise<Difference[]> {
  const found: Difference[] = []
  const left = new Map(now.map((item) => [identityOf(item), item]))
  for (const item of known) {
    const current = left.get(identityOf(item))
    left.delete(identityOf(item))
    const difference = current
      ? await compareVersion(store, item, current, signal)
      : { item: item.id, change: 'removed' as const }
    if (difference) found.push(difference)
  }
  for (const { id } of left.values()) found.push({ item: id, change: 'new' })
  return found
}

/** Ids follow from what else there is of the key; the service's own do not. */
function identityOf({ id, kind, attributes }: Item): string {
  const version = attributes?.['version']
  return typeof version === 'string' ? `${kind} ${version}` : id
}

async function compareVersion(
  store: Store,
  known: KnownItem,
  current: Item,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const changed = (detail: string): Difference => ({ item: known.id, change: 'changed', detail })
  if (known.kind === 'configuration')
    return known.digest === current.digest ? undefined : changed('another setting')
  if (known.mark !== current.mark) return changed('another object with the same version id')
  if (known.kind !== 'object') return undefined
  try {
    const wanted = wantedOf(current)
    const { headers, same } = await lookAgain(store, wanted, known, signal)
    const different = differingFact(watchedFacts, known, await factsOf(store, wanted, headers, signal))
    if (different !== undefined) return changed(`another ${different}`)
    return same ? undefined : changed('another content')
  } catch (error) {
    if (error instanceof Unreadable) return { item: known.id, change: 'unreadable', detail: error.message }
    if (isGone(error)) return { item: known.id, change: 'removed' }
    if (statusOf(error) === undefined) throw error
    return { item: known.id, change: 'unreadable', detail: reasonOf(error) }
  }
}

async function lookAgain(
  store: Store,
  wanted: Wanted,
  known: KnownItem,
  signal: AbortSignal,
): Promise<Reread> {
  if (wanted.version === 'null') return readAgain(store, wanted, known, signal)
  const asked = wanted.checksum ? { 'x-amz-checksum-mode': 'ENABLED' } : {}
  const headers = await store.head(wanted, asked, signal)
  return { headers, same: Number(headers['content-length']) === known.bytes }
}
