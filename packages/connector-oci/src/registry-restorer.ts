import {
  type KnownItem,
  once,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { contentOf, indexPath, wholeEntry } from './bag-entry.ts'
import { HeldManifests } from './held-manifests.ts'
import { indexDescriptors, mostIndexBytes } from './index-json.ts'
import { nameOf, type RegistryLocation } from './location.ts'
import { type Descriptor, mostManifestBytes } from './manifest.ts'
import { type Place, placeOf } from './placed-names.ts'
import { Placing } from './placing.ts'
import { beginUpload, endUpload, hasBlob, remove, sendPiece, type Upload } from './push.ts'
import { Registry } from './registry.ts'
import { repositoriesOf } from './registry-store.ts'

/** A blob of which more pieces may come. */
interface Open {
  readonly digest: string
  readonly upload: Upload
}

/**
 * Pushes images: blobs as they come, into the first repository; then, on `finish`, each repository's manifests after
 * what they refer to, indexes after images, and the tags when all else is there. A registry has no transactions: the
 * tags appear one after the other. Given up before, what was sent is deleted again where the registry allows it.
 */
class RegistryRestorer implements Restorer {
  readonly phases = 2
  readonly #registry: Registry
  readonly #target: RegistryLocation
  readonly #held = new HeldManifests()
  readonly #sent: { repository: string; digest: string }[] = []
  #descriptors: readonly (Descriptor & { readonly place: Place })[] | undefined
  #open: Open | undefined
  /** A blob that the target has already: its parts are passed over. */
  #present: string | undefined
  #placing: Placing | undefined
  #finished = false

  constructor(registry: Registry, target: RegistryLocation) {
    this.#registry = registry
    this.#target = target
  }

  phase(path: string): number {
    return path === indexPath ? 0 : 1
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (entry.path === indexPath) await this.#takeIndex(entry, signal)
    const content = contentOf(entry)
    if (entry.type !== 'file' || content === undefined) return
    if (content.part === undefined) await this.#takeWhole(entry, content.digest, signal)
    else await this.#takePart(entry, content.digest, content.part, signal)
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    await this.#endOpen(signal)
    const descriptors = this.#known()
    expectDistinct(descriptors)
    await expectNamed(items, descriptors, this.#target, signal)
    this.#placing = new Placing(this.#registry, this.#staging(), this.#held)
    for (const one of descriptors) await this.#placing.place(one.place.repository, one, signal)
    await expectEmpty(this.#registry, this.#target, signal)
    for (const one of descriptors) await this.#placing.tag(one.place, one, signal)
    await this.#placing.listReferrers(
      descriptors.map(({ place }) => place),
      signal,
    )
    this.#finished = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return
    const signal = AbortSignal.timeout(60_000)
    try {
      await this.#placing?.undo(signal)
      if (this.#open)
        await this.#registry.ask(this.#open.upload.url.href, cancelling(this.#open.upload, signal))
      for (const { repository, digest } of this.#sent)
        await remove(this.#registry, repository, `blobs/${digest}`, signal)
    } catch {
      // Nothing names what is left; the registry's garbage collection takes it.
    }
  }

  async #takeIndex(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const bytes = await wholeEntry(entry, mostIndexBytes, signal)
    this.#descriptors = indexDescriptors(bytes, indexPath).map((one) => ({
      ...one,
      place: placeOf(one, this.#target),
    }))
  }

  async #takeWhole(entry: RestoredEntry, digest: string, signal: AbortSignal): Promise<void> {
    await this.#endOpen(signal)
    if (entry.size > mostManifestBytes) return this.#send(entry, digest, signal)
    const bytes = await wholeEntry(entry, mostManifestBytes, signal)
    if (!this.#held.keep(digest, bytes))
      await this.#send({ ...entry, content: () => once(bytes) }, digest, signal)
  }

  async #send(entry: RestoredEntry, digest: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#begin(digest, signal))) return
    await this.#sendPiece(entry, signal)
    await this.#endOpen(signal)
  }

  async #takePart(entry: RestoredEntry, digest: string, part: number, signal: AbortSignal): Promise<void> {
    if (this.#present === digest) return
    if (this.#open?.digest !== digest) {
      await this.#endOpen(signal)
      if (part !== 1)
        throw new RestituteError('restore-failed', `restore ${entry.path}: its earlier parts are missing`)
      if (!(await this.#begin(digest, signal))) return
    }
    await this.#sendPiece(entry, signal)
  }

  /** False when the target's repository has the blob already. */
  async #begin(digest: string, signal: AbortSignal): Promise<boolean> {
    const repository = this.#staging()
    const isPresent = await hasBlob(this.#registry, repository, digest, signal)
    this.#present = isPresent === true ? digest : undefined
    if (this.#present !== undefined) return false
    this.#open = { digest, upload: await beginUpload(this.#registry, repository, signal) }
    return true
  }

  async #sendPiece(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    if (!this.#open || entry.size === 0) return
    const { digest, upload } = this.#open
    const piece = { size: entry.size, content: entry.content() }
    this.#open = {
      digest,
      upload: await sendPiece(this.#registry, upload, piece, signal),
    }
  }

  async #endOpen(signal: AbortSignal): Promise<void> {
    if (!this.#open) return
    const { digest, upload } = this.#open
    await endUpload(this.#registry, upload, digest, signal)
    this.#open = undefined
    this.#sent.push({ repository: upload.repository, digest })
  }

  #known(): readonly (Descriptor & { readonly place: Place })[] {
    if (this.#descriptors) return this.#descriptors
    throw new RestituteError(
      'restore-failed',
      'restore: expected an index.json, got none: nothing names the images',
      {
        hint: 'extract the bag and copy its blobs by hand',
      },
    )
  }

  /** Where blobs wait for their manifests. */
  #staging(): string {
    return this.#target.repository ?? this.#known()[0]?.place.repository ?? this.#target.prefix
  }
}

/** Starts a restoration to a registry; throws `target-not-empty`, `source-unreachable`. */
export async function openRegistryRestorer(
  target: RegistryLocation,
  { secret }: SourceSpec,
  signal: AbortSignal,
): Promise<Restorer> {
  const registry = new Registry(target.origin, secret)
  await registry.ping(signal)
  await expectEmpty(registry, target, signal)
  return new RegistryRestorer(registry, target)
}

async function expectEmpty(registry: Registry, target: RegistryLocation, signal: AbortSignal): Promise<void> {
  for await (const repository of repositoriesOf(registry, target, signal)) {
    for await (const page of registry.tags(repository, signal)) {
      if (!('lost' in page) && page.length === 0) continue
      const got = 'lost' in page ? page.lost : `the tag ${page[0]}`
      throw new RestituteError(
        'target-not-empty',
        `restore to ${nameOf(target)}: expected no tag, got ${got}`,
      )
    }
  }
}

/** A layout may name two images alike; in a registry the second would take the name from the first. */
function expectDistinct(descriptors: readonly (Descriptor & { readonly place: Place })[]): void {
  const seen = new Map<string, string>()
  for (const { digest, place } of descriptors) {
    if (place.tag === undefined) continue
    const name = `${place.repository}:${place.tag}`
    if ((seen.get(name) ?? digest) !== digest) {
      throw new RestituteError('restore-failed', `restore: expected one image named ${name}, got several`, {
        hint: 'restore to oci:layout:/folder and push each image under a name of its own',
      })
    }
    seen.set(name, digest)
  }
}

async function expectNamed(
  items: AsyncIterable<KnownItem>,
  descriptors: readonly { readonly place: Place }[],
  { repository, prefix }: RegistryLocation,
  signal: AbortSignal,
): Promise<void> {
  const short = (full: string): string => (repository === undefined ? `${full.slice(prefix.length)}:` : '')
  const named = new Set(descriptors.map(({ place }) => `tag/${short(place.repository)}${place.tag ?? ''}`))
  for await (const { id, kind } of items) {
    throwIfInterrupted(signal)
    if (kind === 'tag' && !named.has(id)) {
      throw new RestituteError('restore-failed', `restore: expected ${id} in index.json, got no such name`)
    }
  }
}

function cancelling({ repository }: Upload, signal: AbortSignal): Parameters<Registry['ask']>[1] {
  return { method: 'DELETE', repository, signal }
}
