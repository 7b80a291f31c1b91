import { readVolume, type VolumeEntry } from '@restitute/archive'
import { ContentHash, type Destination } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import type { SessionKey } from '@restitute/seal'
import type { Watch } from './workers.ts'

/** The files of a bag itself (RFC 8493), which are read along while they are hashed. */
export const bagFiles = [
  'bagit.txt',
  'bag-info.txt',
  'manifest-sha256.txt',
  'tagmanifest-sha256.txt',
] as const

/** A file of {@link bagFiles}. */
export type BagFile = (typeof bagFiles)[number]

/** An entry of a volume with the digest of its content. */
export interface MetEntry {
  readonly path: string
  readonly type: VolumeEntry['type']
  /** For a link: path of its file. */
  readonly link?: string
  readonly size: number
  /** Empty for a directory, and for a link, whose content is that of its file. */
  readonly sha256: string
}

/** A stretch of one of a bag's own files; its entry follows. */
export interface BagText {
  readonly bagFile: BagFile
  readonly chunk: Uint8Array
}

/** What comes out of a volume that is verified: small enough to be handed from thread to thread. */
export type VolumePiece = MetEntry | BagText

const entriesTogether = 500

/**
 * Reads a volume whose ciphertext was just found to be as recorded, in batches of pieces; a batch holds at most 500
 * of them, or one stretch of text. All is proven only when the iteration has ended.
 */
export async function* readPieces(
  destination: Destination,
  record: VolumeRecord,
  sessionKey: SessionKey,
  { signal, onBytes }: Watch,
): AsyncIterable<VolumePiece[]> {
  let batch: VolumePiece[] = []
  const o = {
    destination,
    record,
    opener: { sessionKey },
    hashed: true,
    lent: true,
    signal,
    onProgress: onBytes,
  }
  for await (const entry of readVolume(o)) {
    for await (const piece of piecesOf(entry, signal)) {
      batch.push(piece)
      if (batch.length < entriesTogether && !('chunk' in piece)) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

async function* piecesOf(entry: VolumeEntry, signal: AbortSignal | undefined): AsyncIterable<VolumePiece> {
  const { path, type, size, link } = entry
  if (type !== 'file') return yield { path, type, size, sha256: '', ...(link !== undefined && { link }) }
  const bagFile = bagFiles.find((name) => name === path)
  const hash = new ContentHash(entry, signal)
  for await (const chunk of entry.content()) {
    const hashing = hash.take(chunk)
    if (hashing) await hashing
    if (bagFile) yield { bagFile, chunk: new Uint8Array(chunk) }
  }
  yield { path, type, size, sha256: await hash.digest() }
}
