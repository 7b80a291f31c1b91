import type { Json } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'

/** Every text in the bodies of events, the digests of the documents that they name among them. */
export function namedIn(events: readonly LedgerEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap(({ body }) => textsIn(body)))
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsIn)
}
