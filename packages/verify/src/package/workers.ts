import { createHash } from 'node:crypto'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { type Destination, throwIfInterrupted } from '@restitute/core'
import type { FileRecord, VolumeRecord } from '@restitute/manifest'
import type { SessionKey } from '@restitute/seal'
import { readPieces, type VolumePiece } from './pieces.ts'

/** What a file came to. Reading stops as soon as it is longer than recorded. */
export interface FileDigest {
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** How a piece of work is watched. */
export interface Watch {
  readonly signal?: AbortSignal | undefined
  /** Gets the bytes that were read since the last time; in the end, all of them. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Who does the heavy part of a verification, hashing and decrypting. Without other help the thread of the caller;
 * a caller that has threads hands them in. No private key is needed for it: each volume comes with the key that
 * opens it and nothing else.
 */
export interface VerifyWorkers {
  /** How many files are worked on at once. */
  readonly atOnce: number
  /** Hashes a file. */
  digest(record: FileRecord, watch: Watch): Promise<FileDigest>
  /** Decrypts a volume whose ciphertext was just found to be as recorded; throws like `readVolume`. */
  read(
    record: VolumeRecord,
    sessionKey: SessionKey,
    take: (pieces: readonly VolumePiece[]) => void,
    watch: Watch,
  ): Promise<void>
}

/** Does it all in the thread of the caller. */
export function inThisThread(destination: Destination): VerifyWorkers {
  return {
    atOnce: 2,
    digest: (record, watch) => fileDigest(destination, record, watch),
    async read(record, sessionKey, take, watch) {
      for await (const pieces of readPieces(destination, record, sessionKey, watch)) take(pieces)
    },
  }
}

const bytesBetweenYields = 8 * 1024 * 1024

/** Hashes one file. */
export async function fileDigest(
  destination: Destination,
  record: FileRecord,
  { signal, onBytes }: Watch,
): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  let unyielded = 0
  for await (const chunk of destination.read(record.name, { lent: true, ...(signal && { signal }) })) {
    throwIfInterrupted(signal)
    hash.update(chunk)
    bytes += chunk.length
    unyielded += chunk.length
    onBytes(chunk.length)
    if (bytes > record.bytes) break
    if (unyielded < bytesBetweenYields) continue
    unyielded = 0
    await yieldToEvents()
  }
  return { bytes, sha256: hash.digest('hex') }
}
