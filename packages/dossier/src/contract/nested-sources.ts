import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { asRestituteError, type ConnectorOf, RestituteError } from '@restitute/core'
import type { Contract, SourceTerms } from '@restitute/manifest'
import { placeBehind, placesSeenIn, readMounts } from './mounts.ts'

/** A source that lies in another one, or is the same: whoever reads or destroys the outer one does it to both. */
export interface NestedSource {
  readonly outer: SourceTerms
  readonly inner: SourceTerms
}

/** Every source of a contract that lies in another one of it, symbolic links and mounts followed as they lead now. */
export async function nestedSources(
  { instances }: Contract,
  connectorOf: ConnectorOf,
): Promise<readonly NestedSource[]> {
  const all = instances.flatMap(({ sources = [] }) => sources)
  const mounts = await readMounts()
  const placed = await Promise.all(
    all.map(async (terms) => {
      const place = await placeOf(terms, connectorOf)
      return { terms, place, behind: placeBehind(place, mounts), seen: placesSeenIn(place, mounts) }
    }),
  )
  return placed.flatMap((outer) =>
    placed
      .filter((inner) => inner !== outer && liesIn(inner, outer))
      .map((inner) => ({ outer: outer.terms, inner: inner.terms })),
  )
}

/** Where a source lies: by its name, and behind the mounts of this machine. */
interface Placed {
  readonly place: string
  readonly behind: string | undefined
  readonly seen: readonly string[]
}

function liesIn(inner: Placed, outer: Placed): boolean {
  return (
    inner.place.startsWith(outer.place) ||
    outer.seen.some((place) => inner.behind?.startsWith(place) === true)
  )
}

/** Throws `contract-invalid` when one of these sources holds what the contract excludes: it would be exported with it. */
export async function assertNothingExcludedWithin(
  contract: Contract,
  connectorOf: ConnectorOf,
  sources: readonly SourceTerms[],
): Promise<void> {
  // Nobody loads the code of every kind of system for nothing.
  if (!contract.instances.some(({ sources = [] }) => sources.some(isExcluded))) return
  const nested = await nestedSources(contract, connectorOf)
  const found = nested.find(
    ({ outer, inner }) =>
      isExcluded(inner) && !isExcluded(outer) && sources.some(({ name }) => name === outer.name),
  )
  if (found === undefined) return
  throw new RestituteError('contract-invalid', nestedSentence(found), {
    hint: 'amend the contract: declare the parts that are meant one by one, or exclude nothing within a source',
  })
}

/** What is wrong with one, English. */
export function nestedSentence({ outer, inner }: NestedSource): string {
  const excluded = isExcluded(inner) ? ', which the contract excludes,' : ''
  return `source ${outer.name} holds source ${inner.name}${excluded} and would be exported and destroyed with it`
}

function isExcluded({ excluded }: SourceTerms): boolean {
  return excluded !== undefined
}

/** Ends in `/`. */
async function placeOf({ url }: SourceTerms, connectorOf: ConnectorOf): Promise<string> {
  const place = await namedPlace(url, connectorOf)
  const real = isAbsolute(place) ? await realPlace(place) : place
  return `${real.replace(/\/+$/, '')}/`
}

/** Nobody reads an excluded source: its URL may be of any kind, in any form. */
async function namedPlace(url: string, connectorOf: ConnectorOf): Promise<string> {
  try {
    return (await connectorOf(url)).place?.(url) ?? url
  } catch (thrown) {
    if (asRestituteError(thrown).exit !== 2) throw thrown
    return url
  }
}

async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await realPlace(parent), basename(path))
  }
}
