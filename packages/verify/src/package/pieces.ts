import { hash } from 'node:crypto'
import { readVolumeInGroups, type VolumeEntry } from '@restitute/archive'
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
  const batch = new Batch()
  const o = {
    destination,
    record,
    opener: { sessionKey },
    hashed: true,
    lent: true,
    signal,
    onProgress: onBytes,
  }
  for await (const entries of readVolumeInGroups(o)) {
    for (const entry of entries) {
      const piece = pieceAtHand(entry)
      const full = piece && batch.add(piece)
      if (full) yield full
      if (!piece) yield* batchesOf(batch, piecesOf(entry, signal))
    }
  }
  const rest = batch.take()
  if (rest.length > 0) yield rest
}

class Batch {
  #pieces: VolumePiece[] = []

  /** The batch that this piece completes. */
  add(piece: VolumePiece): VolumePiece[] | undefined {
    this.#pieces.push(piece)
    return this.#pieces.length < entriesTogether && !('chunk' in piece) ? undefined : this.take()
  }

  take(): VolumePiece[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }
}

async function* batchesOf(batch: Batch, pieces: AsyncIterable<VolumePiece>): AsyncIterable<VolumePiece[]> {
  for await (const piece of pieces) {
    const full = batch.add(piece)
    if (full) yield full
  }
}

/** What an entry comes to, unless there is something to wait for or to read along. */
function pieceAtHand({ path, type, size, link, atHand }: VolumeEntry): MetEntry | undefined {
  if (type !== 'file') return { path, type, size, sha256: '', ...(link !== undefined && { link }) }
  if (!atHand || bagFiles.some((name) => name === path)) return undefined
  return { path, type, size, sha256: hash('sha256', atHand) }
}

async function* piecesOf(entry: VolumeEntry, signal: AbortSignal | undefined): AsyncIterable<VolumePiece> {
  const { path, type, size } = entry
  const bagFile = bagFiles.find((name) => name === path)
  const content = new ContentHash(entry, signal)
  for await (const chunk of entry.content()) {
    const hashing = content.take(chunk)
    if (hashing) await hashing
    if (bagFile) yield { bagFile, chunk: new Uint8Array(chunk) }
  }
  yield { path, type, size, sha256: await content.digest() }
}
