import { RestituteError } from '@restitute/core'
import { nameOf, type RegistryLocation, registryFingerprint } from './location.ts'
import type { Lost } from './manifest.ts'
import { isThere } from './push.ts'
import { Registry } from './registry.ts'
import type { LostName, Root, Store } from './store.ts'

/** The repositories of a source as a store. */
export function registryStore(location: RegistryLocation, secret: string | undefined): Store {
  const registry = new Registry(location.origin, secret)
  const full = (repository: string): string => location.repository ?? location.prefix + repository
  return {
    name: nameOf(location),
    many: location.repository === undefined,
    reach: async (signal) => {
      await registry.ping(signal)
      return registryFingerprint(location)
    },
    roots: (signal) => rootsOf(registry, location, signal),
    manifest: (repository, digest, signal) => registry.manifest(full(repository), digest, signal),
    blob: (repository, digest, signal, from) => registry.blob(full(repository), digest, signal, from),
    has: (repository, digest, signal) => isThere(registry, full(repository), `manifests/${digest}`, signal),
    referrers: (repository, digest, signal) => registry.referrers(full(repository), digest, signal),
  }
}

type Found = Root | LostName

async function* rootsOf(
  registry: Registry,
  location: RegistryLocation,
  signal: AbortSignal,
): AsyncIterable<Found> {
  for await (const repository of repositoriesOf(registry, location, signal)) {
    const short = location.repository === undefined ? repository.slice(location.prefix.length) : ''
    for await (const page of registry.tags(repository, signal)) {
      if ('lost' in page) yield unlistable(page, short, repository)
      else for (const tag of page) yield await rootOf(registry, { repository, short, tag }, signal)
    }
  }
}

/** Whether a repository belongs to a source. */
export function covers({ repository, prefix }: RegistryLocation, name: string): boolean {
  return repository === undefined ? name.startsWith(prefix) : name === repository
}

/** The repositories of a source, by their full names. */
export async function* repositoriesOf(
  registry: Registry,
  { repository, prefix }: RegistryLocation,
  signal: AbortSignal,
): AsyncIterable<string> {
  if (repository !== undefined) yield repository
  else for await (const name of registry.repositories(signal)) if (name.startsWith(prefix)) yield name
}

/** Of a source that is one repository nothing would be left: that is an error, no loss. */
function unlistable({ lost }: Lost, short: string, repository: string): Found {
  if (short !== '') return { ref: short, lost }
  throw new RestituteError('source-unreachable', `${repository}: ${lost}`, {
    hint: 'does the account of the secret have the right to pull',
  })
}

async function rootOf(
  registry: Registry,
  { repository, short, tag }: { repository: string; short: string; tag: string },
  signal: AbortSignal,
): Promise<Found> {
  const ref = short === '' ? tag : `${short}:${tag}`
  const resolved = await registry.resolve(repository, tag, signal)
  return 'lost' in resolved ? { ref, ...resolved } : { repository: short, ref, digest: resolved.digest }
}
