import { createHash } from 'node:crypto'
import { ociIndex } from './media-types.ts'
import { hexOf } from './names.ts'

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

/** The text of an `index.json` (OCI image layout 1.1), in pieces; the same lines give the same bytes. */
export function* indexJson(lines: Iterable<IndexLine>): Iterable<string> {
  yield `{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[`
  let separator = ''
  for (const line of lines) {
    yield separator + JSON.stringify(descriptorOf(line))
    separator = ','
  }
  yield ']}'
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

/** Length and SHA-256 of a text in pieces. */
export function measured(pieces: Iterable<string>): { bytes: number; sha256: string } {
  const hash = createHash('sha256')
  let bytes = 0
  for (const piece of pieces) {
    const encoded = Buffer.from(piece)
    hash.update(encoded)
    bytes += encoded.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** SHA-256 in an item's terms, where the address is one. */
export function sha256Of(digest: string): { digest?: string } {
  return digest.startsWith('sha256:') ? { digest: hexOf(digest) } : {}
}
