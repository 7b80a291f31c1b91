import { readManifest } from './manifest.ts'
import { imageTypes, ociIndex } from './media-types.ts'

const mostHeld = 64 * 1024 * 1024

/**
 * Small contents that may be manifests, kept in memory until all blobs are in place: a registry takes a manifest only
 * after what it refers to. What is beyond 64 MiB is not kept.
 */
export class HeldManifests {
  readonly #held = new Map<string, Buffer>()
  #bytes = 0

  /** Whether it is kept; otherwise it has to go to the registry as a blob and be read from there. */
  keep(digest: string, bytes: Buffer): boolean {
    if (!mayBeManifest(bytes) || this.#bytes + bytes.length > mostHeld) return false
    this.#held.set(digest, bytes)
    this.#bytes += bytes.length
    return true
  }

  get(digest: string): Buffer | undefined {
    return this.#held.get(digest)
  }
}

/** A manifest need not say its type itself: then its shape tells. */
function mayBeManifest(bytes: Buffer): boolean {
  return [ociIndex, imageTypes[0] ?? ''].some((declared) => !('lost' in readManifest(bytes, declared)))
}
