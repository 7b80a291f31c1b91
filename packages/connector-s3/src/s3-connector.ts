import { type Connector, type SourceSpec, throwIfInterrupted, type Watcher } from '@restitute/core'
import { compareBucket } from './compare.ts'
import { s3Destroyer } from './destroy/destroyer.ts'
import { s3Prober } from './destroy/prober.ts'
import { fingerprintOf, freezeBucket, joinBucket } from './exporter.ts'
import { placeOf } from './location.ts'
import { s3Restorer } from './restore/restorer.ts'
import { siblingBuckets } from './siblings.ts'
import { Store } from './store.ts'
import { watchDifferences } from './watch.ts'

/**
 * Buckets of object storage: `s3://bucket/prefix?endpoint=…&region=…`. An item is one version of an object, or a delete marker:
 * its id is the key, a tab, and what tells it from the other versions of the key. Each version is consistent by itself; a
 * bucket declared quiesced is consistent as a whole. Also the parts of the bucket's configuration, and incomplete uploads,
 * which are reported as lost.
 */
export const s3Connector: Connector = {
  kind: 's3',
  abilities: { joinable: true, consistency: 'per-item', digestsAtInventory: false, destruction: 'deletion' },
  place: placeOf,
  freeze: freezeBucket,
  join: joinBucket,
  watch: bucketWatcher,
  restore: s3Restorer,
  compare: async function* (target, known, signal) {
    using store = new Store(target)
    await fingerprintOf(store, signal)
    yield* compareBucket(store, known, signal)
  },
  destroyer: (source, signal, options = {}) => s3Destroyer(source, options, signal),
  prober: async (source, signal) => {
    throwIfInterrupted(signal)
    return s3Prober(source)
  },
  siblings: siblingBuckets,
}

async function bucketWatcher(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  const store = new Store(source)
  await fingerprintOf(store, signal)
  return {
    differences: (known, s) => watchDifferences(store, known, s),
    [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
  }
}
