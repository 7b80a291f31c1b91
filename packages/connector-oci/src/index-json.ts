import { RestituteError } from '@restitute/core'
import { type Descriptor, descriptors } from './manifest.ts'
import { ociIndex } from './media-types.ts'
import { hexOf, hostile } from './names.ts'
import type { Root } from './store.ts'

/** A line of the index: what one name, or nothing, leads to. */
export interface IndexLine {
  readonly repository: string
  readonly ref: string | null
  readonly digest: string
  readonly media: string
  readonly bytes: number
}

/** Says in which repository a manifest without a name lies, where the source has several. */
export const repositoryAnnotation = 'restitute.repository'

/** Most bytes of an `index.json`: about 300 000 names. */
export const mostIndexBytes: number = 64 * 1024 * 1024

/** An `index.json` (OCI image layout 1.1); the same lines give the same bytes. Throws `usage` for too many. */
export function indexJson(lines: readonly IndexLine[]): Buffer {
  const manifests = lines.map((line) => JSON.stringify(descriptorOf(line))).join(',')
  const bytes = Buffer.from(`{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[${manifests}]}`)
  if (bytes.length <= mostIndexBytes) return bytes
  throw new RestituteError(
    'usage',
    `source: expected names of at most ${mostIndexBytes} bytes, got ${bytes.length}`,
    {
      hint: 'declare its repositories as several sources',
    },
  )
}

function descriptorOf({ repository, ref, digest, media, bytes }: IndexLine): object {
  const annotations = {
    ...(ref !== null && { 'org.opencontainers.image.ref.name': ref }),
    ...(ref === null && repository !== '' && { [repositoryAnnotation]: repository }),
  }
  return {
    mediaType: media,
    digest,
    size: bytes,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

/** The descriptors of an `index.json`; throws `hostile-input`. */
export function indexDescriptors(bytes: Uint8Array, where: string): Descriptor[] {
  try {
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests?: unknown }
    const list = descriptors(manifests ?? [])
    if (list) return list
  } catch {
    // Said below.
  }
  throw hostile(where, 'an OCI index', 'something else')
}

/** The roots that an `index.json` names; `many` where names have their repository before them. */
export function* rootsOfIndex(bytes: Uint8Array, where: string, many = false): Iterable<Root> {
  for (const { digest, size, mediaType, annotations } of indexDescriptors(bytes, where)) {
    const ref = annotations['org.opencontainers.image.ref.name']
    const repository = ref === undefined ? (annotations[repositoryAnnotation] ?? '') : repositoryOf(ref, many)
    yield { repository, digest, media: mediaType, bytes: size, ...(ref !== undefined && { ref }) }
  }
}

function repositoryOf(ref: string, many: boolean): string {
  return many ? ref.slice(0, Math.max(0, ref.lastIndexOf(':'))) : ''
}

/** SHA-256 in an item's terms, where the address is one. */
export function sha256Of(digest: string): { digest?: string } {
  return digest.startsWith('sha256:') ? { digest: hexOf(digest) } : {}
}
