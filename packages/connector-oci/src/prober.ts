import {
  type Prober,
  RestituteError,
  type Sighting,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { lookOnDisk } from './disk-prober.ts'
import { locationOf, nameOf, type RegistryLocation, registryFingerprint } from './location.ts'
import { Registry } from './registry.ts'
import { repositoriesOf } from './registry-store.ts'

const limits = [
  'It asked the registry for its tags: manifests and blobs without a name cannot be listed.',
  'What the storage of the registry keeps until its garbage collection, and caches, mirrors and backups, cannot be seen.',
]

/** A prober for a source: asks for the tags of its repositories. */
export function openProber(source: SourceSpec): Prober {
  const location = locationOf(source.url)
  return {
    look: async (signal) => {
      throwIfInterrupted(signal)
      return location.kind === 'registry' ? lookAt(location, source, signal) : lookOnDisk(location)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function lookAt(
  location: RegistryLocation,
  source: SourceSpec,
  signal: AbortSignal,
): Promise<Sighting> {
  const looked: string[] = []
  const identity = identityOf(source)
  try {
    const state = await stateOf(location, source, looked, signal)
    return {
      state,
      identity,
      looked,
      limits,
      ...(state === 'present' && { fingerprint: registryFingerprint(location) }),
    }
  } catch (error) {
    throwIfInterrupted(signal)
    const reason = error instanceof RestituteError ? error.message : 'failed'
    return { state: 'could-not-check', identity, looked: [...looked, reason], limits }
  }
}

async function stateOf(
  location: RegistryLocation,
  { secret }: SourceSpec,
  looked: string[],
  signal: AbortSignal,
): Promise<Sighting['state']> {
  const registry = new Registry(location.origin, secret)
  await registry.ping(signal)
  looked.push(`GET ${location.origin.host}/v2/: done`)
  let [tags, refused] = [0, 0]
  for await (const repository of repositoriesOf(registry, location, signal)) {
    for await (const page of registry.tags(repository, signal, { strict: true })) {
      if ('lost' in page) refused++
      else tags += page.length
    }
  }
  looked.push(`list the tags of ${nameOf(location)}: ${tags} found, ${refused} lists refused`)
  if (tags > 0) return 'present'
  return refused > 0 ? 'could-not-check' : 'absent'
}

/** The user's name, never the password. */
function identityOf({ secret }: SourceSpec): string {
  if (secret === undefined) return 'registry account: anonymous'
  const colon = secret.indexOf(':')
  return colon > 0 ? `registry account ${secret.slice(0, colon)}` : 'registry account: bearer of a token'
}
