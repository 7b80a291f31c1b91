import {
  consecutiveShards,
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
import type { IndexLine } from './index-json.ts'
import { indexLines, itemsOf } from './items.ts'
import { partBytesOf, readShard } from './read.ts'
import type { Store } from './store.ts'
import { linesOf, tokenOf } from './token.ts'
import { walk } from './walk.ts'

const mostReadings = 4

/**
 * Reads images by the digests that their names had when the view was frozen, so a name that moves later changes
 * nothing. What is deleted later is stated as lost. A worker that has joined walks the graph only if it is asked for the inventory.
 */
class OciExporter implements Exporter {
  readonly view: View
  readonly #store: Store
  readonly #lines: readonly IndexLine[]
  #graph: Graph | undefined

  constructor(store: Store, view: View, lines: readonly IndexLine[], graph?: Graph) {
    this.view = view
    this.#store = store
    this.#lines = lines
    this.#graph = graph
  }

  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    throwIfInterrupted(signal)
    this.#graph ??= await this.#walked(signal)
    for (const item of itemsOf(this.#graph, this.#lines)) {
      throwIfInterrupted(signal)
      yield item
    }
  }

  async *shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    const { partBytes } = limits
    for await (const shard of consecutiveShards(items, limits)) yield { ...shard, slice: { partBytes } }
  }

  read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const modified = BigInt(Date.parse(this.view.takenAt)) * 1_000_000n
    return readShard(items, {
      ...{ store: this.#store, lines: this.#lines, modified, signal },
      partBytes: partBytesOf(shard),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#graph?.[Symbol.dispose]()
  }

  async #walked(signal: AbortSignal): Promise<Graph> {
    const graph = new Graph()
    for (const { ref, ...root } of this.#lines) graph.addRoot({ ...root, ...(ref !== null && { ref }) })
    await walk({ ...this.#store, referrers: nothing }, graph, signal)
    return graph
  }
}

/** A view's names are what it is: referrers that came later are not in it. */
async function* nothing(): AsyncIterable<never> {}

/** Freezes the names of a store and reads all manifests that they lead to. */
export async function freezeStore(store: Store, quiesced: boolean, signal: AbortSignal): Promise<Exporter> {
  throwIfInterrupted(signal)
  await store.reach(signal)
  const { graph, stable } = await names(store, signal)
  try {
    await walk(store, graph, signal)
    const lines = indexLines(graph)
    return new OciExporter(store, viewOf(store, graph, { stable, quiesced, lines }), lines, graph)
  } catch (error) {
    graph[Symbol.dispose]()
    throw error
  }
}

/** Joins a frozen view. */
export function joinStore(store: Store, view: View): Exporter {
  return new OciExporter(store, view, linesOf(view.token))
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

function viewOf(
  { name, fingerprint }: Store,
  graph: Graph,
  { stable, quiesced, lines }: { stable: boolean; quiesced: boolean; lines: readonly IndexLine[] },
): View {
  const takenAt = isoTime(systemClock.now())
  const map = `${graph.names} names, map sha256:${graph.rootsDigest()}`
  const moving = stable ? '' : ', names moved while they were read'
  const unlisted = 'manifests without a name are seen only where something refers to them'
  return {
    token: tokenOf(lines),
    point: `${name}: ${map}, ${takenAt}${moving}; ${unlisted}`,
    consistency: quiesced ? 'quiesced' : stable ? 'snapshot' : 'per-item',
    takenAt,
    fingerprint,
  }
}
