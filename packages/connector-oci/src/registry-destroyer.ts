import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { blobsOf, manifestsOf, tally } from './doomed-images.ts'
import { Graph, type Node } from './graph.ts'
import { nameOf, type RegistryLocation, registryFingerprint } from './location.ts'
import { hasBlob, isThere, remove } from './push.ts'
import { late, notSeenGone, refused } from './refusals.ts'
import { Registry } from './registry.ts'
import { covers, registryStore, repositoriesOf } from './registry-store.ts'
import { sharedBlobs } from './shared-blobs.ts'
import { Stand } from './stand.ts'
import { walk } from './walk.ts'

/** `shared`: how many blobs other repositories use; nothing when that is not known. */
function methodOf(shared: number | undefined): DestructionMethod {
  return {
    category: 'none',
    technique: 'deletion of tags, manifests and blobs through the interface of the registry',
    limits: [
      'The registry drops its references: its storage keeps the bytes until its owner runs the garbage collection.',
      'Manifests that had neither a name nor anything that names or refers to them cannot be listed and are not reached.',
      `Blobs that other repositories of the registry use are kept there: ${shared ?? 'how many was not to be found out'}.`,
      'Caches, mirrors, replicas and backups of the registry are not reached.',
    ],
  }
}

const deleted = [200, 202, 204, 404]

/**
 * Deletes, repository by repository: manifests from the leaves to the roots, so that an interrupted run still finds
 * the rest by its names; names that are left; then blobs. Steps name the source and count, never name images. Refuses
 * (`destroy-failed`) where something came in since it was opened: whoever compared may not have seen that.
 */
class RegistryDestroyer implements Destroyer {
  readonly fingerprint: string
  method = methodOf(undefined)
  readonly #location: RegistryLocation
  readonly #source: SourceSpec
  readonly #registry: Registry
  /** What there was when it was opened. */
  readonly #stand = new Stand()

  constructor(location: RegistryLocation, source: SourceSpec, registry: Registry) {
    this.fingerprint = registryFingerprint(location)
    this.#location = location
    this.#source = source
    this.#registry = registry
  }

  /**
   * Notes what there is, and has the method say how many blobs other repositories use, which nobody can tell once ours are
   * gone.
   */
  async look(signal: AbortSignal): Promise<void> {
    let all: number | undefined = 0
    for await (const { repository, graph } of this.#repositories(signal)) {
      using counted = graph
      this.#stand.note(repository, counted)
      const shared = await this.#shared(blobsOf(counted), signal)
      all = shared === undefined || all === undefined ? undefined : all + shared
    }
    this.method = methodOf(all)
  }

  #shared(digests: readonly string[], signal: AbortSignal): Promise<number | undefined> {
    return sharedBlobs(this.#registry, digests, (name) => covers(this.#location, name), signal)
  }

  async *plan(signal: AbortSignal): AsyncIterable<DestroyStep> {
    for await (const { graph } of this.#repositories(signal)) {
      using planned = graph
      const { manifests, blobs } = tally(planned)
      if (manifests > 0) yield this.#step('delete manifests and tags', manifests)
      if (blobs > 0) yield this.#step('delete blobs', blobs)
    }
  }

  async *destroy(signal: AbortSignal): AsyncIterable<DestroyStep> {
    await this.#refuseLate(signal)
    for await (const { repository, graph } of this.#repositories(signal)) {
      using doomed = graph
      if (!this.#stand.knows(repository, doomed)) throw late(repository, true)
      const { manifests, blobs } = tally(doomed)
      await this.#deleteManifests(repository, doomed, signal)
      await this.#deleteTags(repository, signal)
      if (manifests > 0) yield this.#step('delete manifests and tags, and see them gone', manifests)
      const digests = blobsOf(doomed)
      const shared = await this.#shared(digests, signal)
      const gone = await this.#deleteBlobs(repository, digests, signal)
      if (gone > 0) yield this.#step('delete blobs, and see them gone', gone)
      if (gone < blobs) yield this.#step('leave blobs to the garbage collection', blobs - gone)
      if (shared !== undefined && shared > 0)
        yield this.#step('other repositories keep what they share', shared)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stand[Symbol.dispose]()
  }

  /** Of all repositories, before anything is done to one. */
  async #refuseLate(signal: AbortSignal): Promise<void> {
    for await (const { repository, graph } of this.#repositories(signal)) {
      using found = graph
      if (!this.#stand.knows(repository, found)) throw late(repository, false)
    }
  }

  #step(action: string, count: number): DestroyStep {
    return { action, object: nameOf(this.#location), count }
  }

  async *#repositories(signal: AbortSignal): AsyncIterable<{ repository: string; graph: Graph }> {
    throwIfInterrupted(signal)
    for await (const repository of repositoriesOf(this.#registry, this.#location, signal)) {
      const store = registryStore({ ...this.#location, repository, prefix: '' }, this.#source.secret)
      const graph = new Graph()
      for await (const root of store.roots(signal)) graph.addRoot(root)
      await walk(store, graph, true, signal)
      yield { repository, graph }
    }
  }

  /** What a registry will not delete while something refers to it gets another turn once that is gone. */
  async #deleteManifests(repository: string, graph: Graph, signal: AbortSignal): Promise<void> {
    let waiting = manifestsOf(graph)
    for (let before = Number.POSITIVE_INFINITY; waiting.length > 0; ) {
      if (waiting.length === before) throw refused(repository, 0)
      before = waiting.length
      waiting = await this.#oneRound(repository, waiting, signal)
    }
    for (const { digest } of manifestsOf(graph)) {
      const left = await isThere(this.#registry, repository, `manifests/${digest}`, signal)
      if (left !== false) throw notSeenGone(repository, left)
    }
  }

  async #oneRound(repository: string, nodes: readonly Node[], signal: AbortSignal): Promise<Node[]> {
    const left: Node[] = []
    for (const node of nodes) {
      throwIfInterrupted(signal)
      const status = await remove(this.#registry, repository, `manifests/${node.digest}`, signal)
      if ([401, 405, 501].includes(status) || status >= 500) throw refused(repository, status)
      if (!deleted.includes(status)) left.push(node)
    }
    return left
  }

  async #deleteTags(repository: string, signal: AbortSignal): Promise<void> {
    for await (const page of this.#registry.tags(repository, signal)) {
      if ('lost' in page) throw refused(repository, 403)
      for (const tag of page) {
        await this.#expectKnown(repository, tag, signal)
        const status = await remove(this.#registry, repository, `manifests/${tag}`, signal)
        if (!deleted.includes(status)) throw refused(repository, status)
      }
    }
  }

  /** A tag may have come, or been given to another image, while manifests were deleted. */
  async #expectKnown(repository: string, tag: string, signal: AbortSignal): Promise<void> {
    const now = await this.#registry.resolve(repository, tag, signal)
    if ('digest' in now && !this.#stand.knowsName(repository, tag, now.digest)) throw late(repository, true)
  }

  /** How many are gone, as the repository then says. */
  async #deleteBlobs(repository: string, digests: readonly string[], signal: AbortSignal): Promise<number> {
    let gone = 0
    for (const digest of digests) {
      throwIfInterrupted(signal)
      await remove(this.#registry, repository, `blobs/${digest}`, signal)
      if ((await hasBlob(this.#registry, repository, digest, signal)) === false) gone++
    }
    return gone
  }
}

/** The destroyer of a registry's repositories. */
export async function openRegistryDestroyer(
  location: RegistryLocation,
  source: SourceSpec,
  signal: AbortSignal,
): Promise<Destroyer> {
  const registry = new Registry(location.origin, source.secret)
  await registry.ping(signal)
  const destroyer = new RegistryDestroyer(location, source, registry)
  await destroyer.look(signal)
  return destroyer
}
