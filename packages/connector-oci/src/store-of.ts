import type { Json, SourceSpec } from '@restitute/core'
import { archiveStore } from './archive-store.ts'
import { layoutStore } from './layout-store.ts'
import { locationOf } from './location.ts'
import { registryStore } from './registry-store.ts'
import type { Store } from './store.ts'

/** The store of a source URL; `place` is what {@link Store.place} gave another worker. Throws `usage`. */
export function storeOf({ url, secret }: SourceSpec, place?: Json): Store {
  const location = locationOf(url)
  if (location.kind === 'registry') return registryStore(location, secret)
  return location.kind === 'layout' ? layoutStore(location.path) : archiveStore(location.path, place)
}

/** The same of a source whose destruction was cut short. */
export function restOf(source: SourceSpec): Store {
  const location = locationOf(source.url)
  return location.kind === 'layout' ? layoutStore(location.path, { cutShort: true }) : storeOf(source)
}
