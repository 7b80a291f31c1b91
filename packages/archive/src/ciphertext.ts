import { type Destination, RestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { newTap, type Tap, tap } from './chunks.ts'

/** Where an encrypted file lies and what is known of it. */
export interface Stored {
  readonly destination: Destination
  readonly record: FileRecord
  readonly signal?: AbortSignal | undefined
  /** Past the page cache, where there is one. */
  readonly fresh?: boolean
}

/**
 * The bytes of the file as they are, hashed on the way, each chunk good until the next is asked for; `invalid` as soon as
 * there are more than recorded.
 */
export async function* ciphertextOf(file: Stored, seen: Tap): AsyncIterable<Uint8Array> {
  const { destination, record, signal, fresh } = file
  const options = { lent: true, ...(signal ? { signal } : {}), ...(fresh ? { fresh } : {}) }
  for await (const chunk of tap(destination.read(record.name, options), seen)) {
    if (seen.bytes > record.bytes) throw differs(record, 'bytes', record.bytes, 'more')
    yield chunk
  }
}

/** Reads the whole file and compares it with its record: the first pass. Throws `invalid`, expected against got. */
export async function hashVolume(file: Stored, onBytes: (bytes: number) => void = () => {}): Promise<void> {
  const seen = newTap()
  for await (const chunk of ciphertextOf(file, seen)) onBytes(chunk.length)
  checkAgainst(file.record, seen)
}

/** Compares what was read with the record; throws `invalid`, expected against got. Ends the hash. */
export function checkAgainst(record: FileRecord, { bytes, hash }: Tap): void {
  compareDigest(record, { bytes, sha256: hash.digest('hex') })
}

/** Throws `invalid`, expected against got, unless a file of this length and digest is as recorded. */
export function compareDigest(
  record: FileRecord,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
): void {
  if (bytes !== record.bytes) throw differs(record, 'bytes', record.bytes, bytes)
  if (sha256 !== record.sha256) throw differs(record, 'sha256', record.sha256, sha256)
}

/** An `invalid` that names what of a file is not as recorded. */
export function differs(
  record: FileRecord,
  what: string,
  expected: string | number,
  got: string | number,
): RestituteError {
  return new RestituteError('invalid', `${record.name}: expected ${what} ${expected}, got ${got}`, {
    details: { file: record.name, expected: String(expected), got: String(got) },
  })
}
