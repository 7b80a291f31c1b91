import { type Difference, type Item, type JsonObject, type KnownItem, RestituteError } from '@restitute/core'
import { differencesByKey, differingFact } from './by-key.ts'
import { readAgain } from './content.ts'
import { wantedOf } from './entries.ts'
import { factsOf } from './facts.ts'
import { Unreadable } from './fetch.ts'
import type { Group } from './groups.ts'
import { versioningIn } from './items.ts'
import type { Store } from './store.ts'

const mostKeysAtOnce = 16

/**
 * How a restored bucket differs from what was delivered: for every key its versions and delete markers in their order,
 * each by content, headers, metadata and tags, and by its lock where locks were to be restored; whether the bucket keeps
 * versions. Version ids, times, owners, access lists and the other settings of the bucket are those of the new place.
 */
export function compareBucket(
  store: Store,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const judge = (group: Group): Promise<Difference[]> => compareKey(store, group, signal)
  return differencesByKey(store, known, { atOnce: mostKeysAtOnce, judge, signal })
}

async function compareKey(store: Store, { known, now }: Group, signal: AbortSignal): Promise<Difference[]> {
  const [before, after] = [known.filter(isCompared), now.filter(isCompared)]
  const found: Difference[] = []
  for (const [i, item] of before.entries()) {
    const current = after[i]
    const difference = current
      ? await compareOne(store, item, current, signal)
      : { item: item.id, change: 'removed' as const }
    if (difference) found.push(difference)
  }
  for (const { id } of after.slice(before.length)) found.push({ item: id, change: 'new' })
  return found
}

/** Of the settings, only whether versions are kept. */
function isCompared({ kind, id }: Item): boolean {
  return kind !== 'configuration' || id === 'configuration/versioning'
}

async function compareOne(
  store: Store,
  known: KnownItem,
  current: Item,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const changed = (detail: string): Difference => ({ item: known.id, change: 'changed', detail })
  if (known.kind !== current.kind) return changed(`expected ${known.kind}, got ${current.kind}`)
  if (known.kind === 'configuration')
    return versioningIn(known) === versioningIn(current) ? undefined : changed('versions are kept otherwise')
  if (known.kind !== 'object') return undefined
  if (known.bytes !== current.bytes) return changed(`expected ${known.bytes} bytes, got ${current.bytes}`)
  const wanted = wantedOf(current)
  const { headers, same } = await readAgain(store, wanted, known, signal).catch(readFailure)
  const facts = await factsOf(store, wanted, headers, signal, { accessList: false })
  const different = differingFact(comparedFacts(store, known), known, facts)
  if (different !== undefined) return changed(`another ${different}`)
  return same ? undefined : changed('another content')
}

function comparedFacts({ location: { locks } }: Store, known: KnownItem): string[] {
  const always = ['headers', 'metadata', 'tags']
  if (!locks) return always
  return [...always, ...(hasEnded(known) ? [] : ['lock']), 'hold']
}

/** A lock that has ended by now is not set again: no service would take it. */
function hasEnded({ attributes }: KnownItem): boolean {
  const { lock } = (attributes?.['found'] ?? {}) as JsonObject
  const { until } = (lock ?? {}) as JsonObject
  return typeof until === 'string' && new Date(until) <= new Date()
}

function readFailure(error: unknown): never {
  if (!(error instanceof Unreadable)) throw error
  throw new RestituteError('source-unreachable', `s3: a restored object cannot be read: ${error.message}`)
}
