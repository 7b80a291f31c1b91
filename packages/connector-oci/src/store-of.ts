import { RestituteError, type SourceSpec } from '@restitute/core'
import { locationOf } from './location.ts'
import { registryStore } from './registry-store.ts'
import type { Store } from './store.ts'

/** The store of a source URL; throws `usage`. */
export async function storeOf({ url, secret }: SourceSpec): Promise<Store> {
  const location = locationOf(url)
  if (location.kind === 'registry') return registryStore(location, secret)
  throw new RestituteError('usage', `source url: ${location.kind} is not supported yet`)
}
