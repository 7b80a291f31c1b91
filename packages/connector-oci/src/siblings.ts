import { asRestituteError, type Sibling, type SourceSpec } from '@restitute/core'
import { locationOf, type RegistryLocation } from './location.ts'
import { Registry } from './registry.ts'
import { covers } from './registry-store.ts'

/**
 * The other repositories of the registry. Where its catalog is closed to the account, the registry itself: what else is
 * in it nobody can say.
 */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const location = locationOf(source.url)
  if (location.kind !== 'registry') return
  const registry = new Registry(location.origin, source.secret)
  await registry.ping(signal)
  try {
    yield* repositoriesBeside(location, registry, signal)
  } catch (error) {
    if (asRestituteError(error).code !== 'source-unreachable') throw error
    yield { url: `oci:${location.origin.href}`, kind: 'registry with a closed catalog' }
  }
}

async function* repositoriesBeside(
  location: RegistryLocation,
  registry: Registry,
  signal: AbortSignal,
): AsyncIterable<Sibling> {
  for await (const name of registry.repositories(signal)) {
    if (!covers(location, name)) yield { url: `oci:${location.origin.href}${name}`, kind: 'repository' }
  }
}
