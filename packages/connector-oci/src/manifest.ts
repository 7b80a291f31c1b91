import { imageTypes, indexTypes, isForeign, isManifestType } from './media-types.ts'
import { isDigest } from './names.ts'

/** A reference to content by its digest (OCI image specification 1.1, "Descriptor"). */
export interface Descriptor {
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly mediaType: string
  readonly annotations: Readonly<Record<string, string>>
}

/** What a manifest or an index refers to. */
export interface Manifest {
  readonly kind: 'manifest' | 'index'
  readonly mediaType: string
  /** Manifests and indexes. */
  readonly manifests: readonly Descriptor[]
  /** Configuration, layers and other blobs. */
  readonly blobs: readonly Descriptor[]
  /** Digest of the manifest that this one is about (a signature, a bill of materials, …). */
  readonly subject?: string
}

/** Why something is not delivered: one of few sentences without names, since the manifest of a package counts them in clear. */
export interface Lost {
  readonly lost: string
}

/** Most bytes of a manifest that is read: what registries commonly accept. */
export const mostManifestBytes: number = 4 * 1024 * 1024

/** Reads a manifest; `declared` is the media type under which it came. What cannot be followed is `lost`. */
export function readManifest(bytes: Uint8Array, declared: string): Manifest | Lost {
  const value = objectOf(bytes)
  if (value === undefined) return { lost: 'a manifest that is not a JSON object in UTF-8' }
  const mediaType = typeof value['mediaType'] === 'string' ? value['mediaType'] : declared
  const [isIndex, isImage] = [indexTypes.includes(mediaType), imageTypes.includes(mediaType)]
  if (!isIndex && !isImage) return { lost: 'a manifest of an unknown type' }
  // Readers that look at different members would see different images (CVE-2021-41190).
  if ('manifests' in value && ('layers' in value || 'config' in value || 'blobs' in value)) {
    return { lost: 'an ambiguous manifest: both an index and an image' }
  }
  return isIndex ? indexOf(value, mediaType) : imageOf(value, mediaType)
}

function indexOf(value: Members, mediaType: string): Manifest | Lost {
  const all = descriptors(value['manifests'])
  if (all === undefined) return malformed
  const manifests = all.filter((one) => isManifestType(one.mediaType))
  const blobs = all.filter((one) => !isManifestType(one.mediaType))
  return { kind: 'index', mediaType, manifests, blobs, ...subjectOf(value) }
}

function imageOf(value: Members, mediaType: string): Manifest | Lost {
  const isArtifact = 'blobs' in value
  const layers = descriptors(isArtifact ? value['blobs'] : value['layers'])
  const config = isArtifact ? [] : descriptors([value['config']])
  if (layers === undefined || config === undefined) return malformed
  return { kind: 'manifest', mediaType, manifests: [], blobs: [...config, ...layers], ...subjectOf(value) }
}

const malformed: Lost = { lost: 'a manifest with a malformed descriptor' }

type Members = Readonly<Record<string, unknown>>

function objectOf(bytes: Uint8Array): Members | undefined {
  try {
    return membersOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return undefined
  }
}

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}

function subjectOf(value: Members): { subject?: string } {
  const digest = membersOf(value['subject'])?.['digest']
  return isDigest(digest) ? { subject: digest } : {}
}

/** All descriptors of a list, or nothing when one is malformed. Programs in Go write an empty list as null. */
export function descriptors(list: unknown): Descriptor[] | undefined {
  if (list === null) return []
  if (!Array.isArray(list)) return undefined
  const read = list.map((one) => descriptorOf(one))
  return read.some((one) => one === undefined) ? undefined : (read as Descriptor[])
}

function descriptorOf(value: unknown): Descriptor | undefined {
  const members = membersOf(value)
  const { digest, size, mediaType } = members ?? {}
  if (!isDigest(digest) || typeof mediaType !== 'string' || mediaType.length > 255) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  return { digest, size, mediaType: mediaType.toWellFormed(), annotations: textsOf(members?.['annotations']) }
}

function textsOf(value: unknown): Record<string, string> {
  const pairs = Object.entries(membersOf(value) ?? {}).flatMap(([key, text]) =>
    typeof text === 'string' ? [[key, text.toWellFormed()] as const] : [],
  )
  return Object.fromEntries(pairs)
}

/** Whether a registry may honestly not hold this. */
export function isForeignLayer({ mediaType }: Descriptor): boolean {
  return isForeign(mediaType)
}

/** Text from outside, for a message. */
export function printable(text: string): string {
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?')
}
