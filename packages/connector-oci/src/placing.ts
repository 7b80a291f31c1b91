import { once, RestituteError, throwIfInterrupted } from '@restitute/core'
import type { HeldManifests } from './held-manifests.ts'
import { type Descriptor, isForeignLayer, mostManifestBytes, readManifest } from './manifest.ts'
import type { Place } from './placed-names.ts'
import { beginUpload, endUpload, mount, putManifest, remove, sendPiece } from './push.ts'
import { Referring } from './referring.ts'
import type { Registry } from './registry.ts'

/** Puts manifests where they belong, each after all that it refers to. */
export class Placing {
  readonly #registry: Registry
  /** The repository that has all blobs. */
  readonly #staging: string
  readonly #held: HeldManifests
  readonly #referring = new Referring()
  readonly #placed = new Map<string, Set<string>>()

  constructor(registry: Registry, staging: string, held: HeldManifests) {
    this.#registry = registry
    this.#staging = staging
    this.#held = held
  }

  /** A manifest with all below it; what is there already is passed over. */
  async place(repository: string, descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (!this.#isNew(repository, descriptor.digest)) return
    const bytes = await this.#bytesOf(descriptor, signal)
    const manifest = readManifest(bytes, descriptor.mediaType)
    if ('lost' in manifest) throw failed(descriptor, manifest.lost)
    for (const blob of manifest.blobs) await this.#giveBlob(repository, blob, signal)
    for (const one of manifest.manifests) await this.place(repository, one, signal)
    const { mediaType } = manifest
    await putManifest(this.#registry, { repository, reference: descriptor.digest, bytes, mediaType }, signal)
    this.#referring.note(repository, bytes, manifest, descriptor)
  }

  /** Gives a placed manifest its name. */
  async tag({ repository, tag }: Place, descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    if (tag === undefined) return
    const bytes = await this.#bytesOf(descriptor, signal)
    const manifest = readManifest(bytes, descriptor.mediaType)
    if ('lost' in manifest) throw failed(descriptor, manifest.lost)
    const { mediaType } = manifest
    await putManifest(this.#registry, { repository, reference: tag, bytes, mediaType }, signal)
  }

  /** Lists what refers to something where the registry does not do so itself. */
  async listReferrers(places: readonly Place[], signal: AbortSignal): Promise<void> {
    const named = new Set(places.map(({ repository, tag }) => `${repository}:${tag}`))
    const isNamed = (repository: string, tag: string): boolean => named.has(`${repository}:${tag}`)
    for await (const { repository, digest } of this.#referring.put(this.#registry, isNamed, signal)) {
      this.#isNew(repository, digest)
    }
  }

  /** Deletes every manifest that was placed, the last one first. */
  async undo(signal: AbortSignal): Promise<void> {
    for (const [repository, digests] of this.#placed) {
      for (const digest of [...digests].toReversed()) {
        await remove(this.#registry, repository, `manifests/${digest}`, signal)
      }
    }
  }

  #isNew(repository: string, digest: string): boolean {
    const digests = this.#placed.get(repository) ?? new Set()
    this.#placed.set(repository, digests)
    if (digests.has(digest)) return false
    digests.add(digest)
    return true
  }

  async #bytesOf(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    const held = this.#held.get(descriptor.digest)
    if (held) return held
    const fetched = await this.#registry.blob(this.#staging, descriptor.digest, signal)
    if ('lost' in fetched) throw failed(descriptor, 'it was not delivered')
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of fetched.body) {
      bytes += chunk.length
      if (bytes > mostManifestBytes) throw failed(descriptor, `it has more than ${mostManifestBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  async #giveBlob(repository: string, blob: Descriptor, signal: AbortSignal): Promise<void> {
    const { digest, size } = blob
    const held = this.#held.get(digest)
    if (!this.#isNew(repository, `blob ${digest}`)) return
    if (held) return this.#upload(repository, digest, { size: held.length, content: once(held) }, signal)
    if (repository === this.#staging) return
    if (await mount(this.#registry, { digest, from: this.#staging, to: repository }, signal)) return
    const fetched = await this.#registry.blob(this.#staging, digest, signal)
    if (!('lost' in fetched)) return this.#upload(repository, digest, { size, content: fetched.body }, signal)
    if (!isForeignLayer(blob)) throw failed(blob, 'it was not delivered')
  }

  async #upload(
    repository: string,
    digest: string,
    piece: { readonly size: number; readonly content: AsyncIterable<Uint8Array> },
    signal: AbortSignal,
  ): Promise<void> {
    const upload = await beginUpload(this.#registry, repository, signal)
    await endUpload(this.#registry, await sendPiece(this.#registry, upload, piece, signal), digest, signal)
  }
}

function failed({ digest }: Descriptor, why: string): RestituteError {
  return new RestituteError('restore-failed', `restore ${digest}: ${why}`, {
    hint: 'restore to oci:layout:/folder, which takes what there is, and push the images that are whole',
  })
}
