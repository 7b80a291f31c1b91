import type { Difference, JsonObject, KnownItem } from '@restitute/core'
import { ahead } from './ahead.ts'
import { unreachable } from './errors.ts'
import { type Group, groups } from './groups.ts'
import { inventory } from './items.ts'
import type { Store } from './store.ts'

/** Differences key by key, in their order, many keys at once; whatever request fails is `source-unreachable`. */
export async function* differencesByKey(
  store: Store,
  known: AsyncIterable<KnownItem>,
  o: {
    readonly atOnce: number
    readonly judge: (group: Group) => Promise<Difference[]>
    readonly signal: AbortSignal
  },
): AsyncIterable<Difference> {
  const reach = { most: o.atOnce, bytes: 0, weigh: () => 0 }
  try {
    const now = inventory(store, o.signal)
    for await (const found of ahead(groups(known, now), o.judge, reach)) yield* found
  } catch (error) {
    throw unreachable(store.location, error, o.signal)
  }
}

/** The first of these facts that is not as it was found at the delivery. */
export function differingFact(
  names: readonly string[],
  known: KnownItem,
  now: JsonObject,
): string | undefined {
  const before = (known.attributes?.['found'] ?? {}) as JsonObject
  return names.find((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(now[name] ?? null))
}
