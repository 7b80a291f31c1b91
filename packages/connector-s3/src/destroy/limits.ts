import type { DestructionMethod } from '@restitute/core'
import { configuration } from '../configuration.ts'
import type { Store } from '../store.ts'

const always = [
  'the service was told to delete; how and when it frees or overwrites the storage is not known here',
  "the service's own backups, replicas and caches are not reached",
]
const replicated =
  'a replication rule copies objects to another bucket, which this does not reach: it must be declared as a copy'
const unknownReplication = 'whether a replication rule copies objects to another bucket could not be read'
const logged = 'access logs of the bucket lie in another bucket and may hold the names of objects'

/** How a bucket is destroyed, and what that cannot promise, from its settings while it is still there. */
export async function methodOf(store: Store, signal: AbortSignal): Promise<DestructionMethod> {
  const replication = await configuration(store, 'replication', signal)
  const logging = await configuration(store, 'logging', signal)
  return {
    category: 'none',
    technique:
      store.location.prefix === ''
        ? 'delete every version, delete marker and incomplete upload, then the bucket'
        : 'delete every version, delete marker and incomplete upload below the prefix',
    limits: [
      ...always,
      ...(replication === undefined
        ? []
        : [replication.lost === undefined ? replicated : unknownReplication]),
      ...(logging === undefined || logging.lost !== undefined ? [] : [logged]),
    ],
  }
}
