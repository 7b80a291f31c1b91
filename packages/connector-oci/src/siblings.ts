import type { Sibling, SourceSpec } from '@restitute/core'
import { locationOf } from './location.ts'
import { Registry } from './registry.ts'

/** The other repositories of the registry; throws `source-unreachable` where its catalog is closed to the account. */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const location = locationOf(source.url)
  if (location.kind !== 'registry') return
  const { origin, repository, prefix } = location
  for await (const name of new Registry(origin, source.secret).repositories(signal)) {
    const own = repository === undefined ? name.startsWith(prefix) : name === repository
    if (!own) yield { url: `oci:${origin.href}${name}`, kind: 'repository' }
  }
}
