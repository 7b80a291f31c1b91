import {
  type Exporter,
  isoTime,
  RestituteError,
  type SourceSpec,
  systemClock,
  type View,
} from '@restitute/core'
import { isOfService, unreachable } from './errors.ts'
import { inventory } from './items.ts'
import { nameOf } from './location.ts'
import { readShard } from './read.ts'
import { objectShards } from './shards.ts'
import { Store } from './store.ts'

/** Opens a bucket as a view: nothing is frozen, each version is read as it was listed or not at all (R6). */
export async function freezeBucket(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  const store = new Store(source)
  const takenAt = isoTime(systemClock.now())
  return exporterOf(store, {
    token: null,
    point: `${nameOf(store.location)}, listed from ${takenAt} on`,
    consistency: source.quiesced === true ? 'quiesced' : 'per-item',
    takenAt,
    fingerprint: await fingerprintOf(store, signal),
  })
}

/** Opens the same bucket again; throws `source-view-lost` when another one is in its place. */
export async function joinBucket(source: SourceSpec, view: View, signal: AbortSignal): Promise<Exporter> {
  const store = new Store(source)
  const fingerprint = await fingerprintOf(store, signal)
  if (fingerprint === view.fingerprint) return exporterOf(store, view)
  store[Symbol.dispose]()
  throw new RestituteError(
    'source-view-lost',
    `${nameOf(store.location)}: expected bucket ${view.fingerprint}, got ${fingerprint}`,
  )
}

/** The fingerprint of a bucket that must be there; `source-unreachable` otherwise. */
export async function fingerprintOf(store: Store, signal: AbortSignal): Promise<string> {
  try {
    return await store.fingerprint(signal)
  } catch (error) {
    store[Symbol.dispose]()
    throw unreachable(store.location, error, signal)
  }
}

/** Whatever request a reading stops at: a service that does not answer is `source-unreachable`, and may be tried again. */
async function* answering<T>(store: Store, found: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  try {
    yield* found
  } catch (error) {
    throw isOfService(error) ? unreachable(store.location, error, signal) : error
  }
}

function exporterOf(store: Store, view: View): Exporter {
  return {
    view,
    inventory: (signal) => answering(store, inventory(store, signal), signal),
    shards: objectShards,
    read: (shard, items, signal) => answering(store, readShard(store, shard, items, signal), signal),
    [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
  }
}
