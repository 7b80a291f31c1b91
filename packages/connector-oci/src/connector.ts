import {
  type Connector,
  type Difference,
  type KnownItem,
  type SourceSpec,
  throwIfInterrupted,
  type Watcher,
} from '@restitute/core'
import { openDestroyer } from './destroyer.ts'
import { differencesOf, referrerLists } from './differences.ts'
import { freezeStore, joinStore } from './exporter.ts'
import { locationOf, placeOf } from './location.ts'
import { openProber } from './prober.ts'
import { openRestorer } from './restorer.ts'
import { siblingsOf } from './siblings.ts'
import type { Store } from './store.ts'
import { restOf, storeOf } from './store-of.ts'
import { readToken } from './token.ts'

/**
 * Container images (R16): `oci:https://registry/repository`, `oci:https://registry/prefix/` (every repository whose name
 * begins so), `oci:layout:/folder`, `oci:archive:/file.tar`. Items: `blobs/<algorithm>/<digits>`, each manifest, index and
 * blob once; `tag/<name>`; `index.json` and `oci-layout`, which make the bag's `data/` an OCI image layout.
 */
export const ociConnector: Connector = {
  kind: 'oci',
  abilities: { joinable: true, consistency: 'snapshot', digestsAtInventory: true, destruction: 'deletion' },
  place: (url) => placeOf(locationOf(url)),
  freeze: async (source, signal) => freezeStore(storeOf(source), source.quiesced === true, signal),
  join: async (source, view, signal) => {
    throwIfInterrupted(signal)
    return joinStore(storeOf(source, readToken(view.token).place), view)
  },
  watch,
  compare: async function* (target, known, signal) {
    yield* differencesNow(storeOf(target), false, known, signal)
  },
  restore: openRestorer,
  destroyer: openDestroyer,
  prober: async (source) => openProber(source),
  siblings: siblingsOf,
}

async function watch(source: SourceSpec, signal: AbortSignal): Promise<Watcher> {
  const store = storeOf(source)
  await store.reach(signal)
  return {
    differences: (known, asked, { cutShort = false } = {}) =>
      cutShort ? differencesOfRest(source, known, asked) : differencesNow(store, true, known, asked),
    async [Symbol.asyncDispose]() {},
  }
}

/** The index of a registry is made of its names, which are compared themselves; in a folder it is a file. */
async function* differencesOfRest(
  source: SourceSpec,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const store = restOf(source)
  await using exporter = await freezeStore(store, false, signal)
  const layoutFiles = store.layout !== undefined
  yield* differencesOf(known, { store, exporter, layoutFiles, made: new Set(), cutShort: true, signal })
}

async function* differencesNow(
  store: Store,
  layoutFiles: boolean,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  await using exporter = await freezeStore(store, false, signal)
  const made = layoutFiles ? new Set<string>() : await referrerLists(exporter, signal)
  yield* differencesOf(known, { store, exporter, layoutFiles, made, signal })
}
