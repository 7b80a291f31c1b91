import {
  type Entry,
  type Exporter,
  type Item,
  isoTime,
  type Loss,
  type Shard,
  type ShardLimits,
  systemClock,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { Graph } from './graph.ts'
import { indexJson, rootsOfIndex } from './index-json.ts'
import { indexLines, itemsOf, layoutText } from './items.ts'
import { readShard } from './read.ts'
import { imageShards, sliceOf } from './shards.ts'
import type { LayoutFiles, Store } from './store.ts'
import { readToken, tokenOf } from './token.ts'
import { walk } from './walk.ts'

const mostReadings = 4

/**
 * Reads images by the digests that their names had when the view was frozen, so a name that moves later changes
 * nothing. What is deleted later is stated as lost. A worker that has joined reads the manifests again only if it is
 * asked for the inventory.
 */
class OciExporter implements Exporter {
  readonly view: View
  readonly #store: Store
  readonly #layout: LayoutFiles
  #graph: Graph | undefined

  constructor(store: Store, view: View, layout: LayoutFiles, graph?: Graph) {
    this.view = view
    this.#store = store
    this.#layout = layout
    this.#graph = graph
  }

  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    throwIfInterrupted(signal)
    this.#graph ??= await this.#walked(signal)
    for (const item of itemsOf(this.#graph, this.#layout)) {
      throwIfInterrupted(signal)
      yield item
    }
  }

  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    return imageShards(items, limits)
  }

  read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const modified = BigInt(Date.parse(this.view.takenAt)) * 1_000_000n
    return readShard(items, {
      ...{ store: this.#store, layout: this.#layout, modified, signal },
      slice: sliceOf(shard),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#graph?.[Symbol.dispose]()
  }

  /** A view's names are what it is: what came to refer to a manifest later is not in it. */
  async #walked(signal: AbortSignal): Promise<Graph> {
    const graph = new Graph()
    for (const root of rootsOfIndex(this.#layout.index, this.#store.name, this.#store.many))
      graph.addRoot(root)
    await walkWhole(this.#store, graph, false, signal)
    return graph
  }
}

/** Freezes the names of a store and reads all manifests that they lead to. */
export async function freezeStore(store: Store, quiesced: boolean, signal: AbortSignal): Promise<Exporter> {
  throwIfInterrupted(signal)
  const fingerprint = await store.reach(signal)
  const { graph, stable } = await names(store, signal)
  try {
    await walkWhole(store, graph, true, signal)
    const layout = store.layout?.() ?? layoutOf(graph)
    const view = viewOf(store, graph, { fingerprint, layout, stable, quiesced })
    return new OciExporter(store, view, layout, graph)
  } catch (error) {
    graph[Symbol.dispose]()
    throw error
  }
}

function layoutOf(graph: Graph): LayoutFiles {
  return { index: indexJson(indexLines(graph)), version: Buffer.from(layoutText) }
}

/** Joins a frozen view. */
export function joinStore(store: Store, view: View): Exporter {
  return new OciExporter(store, view, readToken(view.token).layout)
}

async function walkWhole(store: Store, graph: Graph, referrers: boolean, signal: AbortSignal): Promise<void> {
  await walk(store, graph, referrers, signal)
  if (store.unreached) for await (const found of store.unreached(signal)) graph.addUnreached(found)
}

/**
 * The names, read until two readings in a row agree: between the two, that is what all of them meant. Gives up after
 * some readings, and then the names are each of its own moment (R6).
 */
async function names(store: Store, signal: AbortSignal): Promise<{ graph: Graph; stable: boolean }> {
  let last = await namesOnce(store, signal)
  for (let readings = 1; readings < mostReadings; readings++) {
    const graph = await namesOnce(store, signal)
    const stable = graph.rootsDigest() === last.rootsDigest()
    last[Symbol.dispose]()
    if (stable) return { graph, stable }
    last = graph
  }
  return { graph: last, stable: false }
}

async function namesOnce(store: Store, signal: AbortSignal): Promise<Graph> {
  const graph = new Graph()
  try {
    for await (const root of store.roots(signal)) graph.addRoot(root)
    return graph
  } catch (error) {
    graph[Symbol.dispose]()
    throw error
  }
}

interface Frozen {
  readonly fingerprint: string
  readonly layout: LayoutFiles
  readonly stable: boolean
  readonly quiesced: boolean
}

function viewOf(store: Store, graph: Graph, { fingerprint, layout, stable, quiesced }: Frozen): View {
  const takenAt = isoTime(systemClock.now())
  const map = `${graph.names} names, map sha256:${graph.rootsDigest()}, ${takenAt}`
  const moving = stable ? '' : '; names moved while they were read'
  const unlisted = store.unreached ? '' : '; content that nothing names or refers to cannot be listed'
  const atOnce = stable ? 'snapshot' : 'per-item'
  return {
    token: tokenOf(layout, store.place?.()),
    point: `${store.name}: ${map}${moving}${unlisted}`,
    consistency: quiesced ? 'quiesced' : atOnce,
    takenAt,
    fingerprint,
  }
}
