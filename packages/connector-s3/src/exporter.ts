import {
  type Exporter,
  isoTime,
  RestituteError,
  type SourceSpec,
  systemClock,
  type View,
} from '@restitute/core'
import { unreachable } from './errors.ts'
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

function exporterOf(store: Store, view: View): Exporter {
  return {
    view,
    inventory: (signal) => inventory(store, signal),
    shards: objectShards,
    read: (shard, items, signal) => readShard(store, shard, items, signal),
    [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
  }
}
