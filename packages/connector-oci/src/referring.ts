import { throwIfInterrupted } from '@restitute/core'
import type { Descriptor, Manifest } from './manifest.ts'
import { ociIndex } from './media-types.ts'
import { provenBytes } from './proven.ts'
import { putManifest } from './push.ts'
import type { Registry } from './registry.ts'

/** The tag under which registries without the referrers API list what refers to a manifest (distribution specification 1.1). */
export function referrersTag(digest: string): string {
  return digest.replace(':', '-')
}

/** Whether a name's tag is one of those. */
export function isReferrersTag(ref: string): boolean {
  return /(^|:)sha256-[0-9a-f]{64}$/.test(ref)
}

/** The manifest that a name is made of, by that scheme or by cosign's (`sha256-….sig`, `.att`, `.sbom`). */
export function subjectOfName(ref: string): string | undefined {
  const digits = /(?:^|:)sha256-([0-9a-f]{64})(?:\.[a-z]+)?$/.exec(ref)?.[1]
  return digits === undefined ? undefined : `sha256:${digits}`
}

/** What was pushed and refers to something, for registries that do not find out themselves. */
export class Referring {
  readonly #by = new Map<string, Map<string, object[]>>()

  /** A manifest that was put into a repository. */
  note(repository: string, bytes: Uint8Array, manifest: Manifest, { digest }: Descriptor): void {
    const { subject, mediaType } = manifest
    if (subject === undefined) return
    const subjects = this.#by.get(repository) ?? new Map<string, object[]>()
    this.#by.set(repository, subjects)
    const line = { mediaType, digest, size: bytes.length, ...typeOf(bytes) }
    subjects.set(subject, [...(subjects.get(subject) ?? []), line])
  }

  /**
   * Puts the lists under their tags, unless the registry has the API or the tag came with the images. Gives the digests
   * of what it put, by repository.
   */
  async *put(
    registry: Registry,
    isNamed: (repository: string, tag: string) => boolean,
    signal: AbortSignal,
  ): AsyncIterable<{ repository: string; digest: string }> {
    for (const [repository, subjects] of this.#by) {
      for (const [subject, manifests] of subjects) {
        throwIfInterrupted(signal)
        const reference = referrersTag(subject)
        if (isNamed(repository, reference)) continue
        if (await registry.tellsReferrers(repository, subject, signal)) return
        const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }))
        await putManifest(registry, { repository, reference, bytes, mediaType: ociIndex }, signal)
        yield { repository, digest: provenBytes.digest(bytes) }
      }
    }
  }
}

/** What a list of referrers says of a manifest: its kind and annotations. */
function typeOf(bytes: Uint8Array): object {
  const { artifactType, config, annotations } = JSON.parse(Buffer.from(bytes).toString()) as {
    artifactType?: unknown
    config?: { mediaType?: unknown }
    annotations?: unknown
  }
  const type = artifactType ?? config?.mediaType
  return {
    ...(typeof type === 'string' && { artifactType: type }),
    ...(annotations !== undefined && { annotations }),
  }
}
