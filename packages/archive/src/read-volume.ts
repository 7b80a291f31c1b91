import type { Destination } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { decryptStream, type Opener } from '@restitute/seal'
import { checkedEntries } from './checked-entries.ts'
import { newTap } from './chunks.ts'
import { checkAgainst, ciphertextOf, hashVolume, type Stored } from './ciphertext.ts'
import { entryOverhead, guardTar, tarEnd } from './tar-guard.ts'
import { untar } from './tar-read.ts'
import type { VolumeEntry } from './types.ts'
import { decompress } from './zstd.ts'

/** A volume that is to be read. */
type StoredVolume = Stored & {
  readonly record: VolumeRecord
  /** The first pass has been made by the caller, just now: only the second one is left. */
  readonly hashed?: boolean | undefined
  /** Who reads needs each chunk of a content only until the next is asked for. */
  readonly lent?: boolean | undefined
}

/** What {@link readVolume} is told. */
interface VolumeToRead {
  readonly destination: Destination
  readonly record: VolumeRecord
  readonly opener: Opener
  /** The caller has just compared the ciphertext with its record: only the second pass is made. */
  readonly hashed?: boolean | undefined
  /** Who reads needs each chunk of a content only until the next is asked for. */
  readonly lent?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((ciphertextBytes: number) => void) | undefined
}

/**
 * Reads one volume as hostile input (R24): first hashes the whole ciphertext against its record, which comes from a
 * signed manifest, then decrypts it while hashing again. Entries come in order; content that is not read is skipped.
 * All is proven only when the iteration has ended: write under temporary names until then. `onProgress` gets the
 * ciphertext bytes of both passes, so twice `record.bytes` in the end, as they are read.
 *
 * A volume can claim no more output than its record does: what is stored of its files and what their holes add come to
 * `plaintextBytes` together, holes to 1 TiB at most; they cost whoever hashes them time, but no memory and no disk.
 *
 * Throws `invalid` (not the recorded bytes, entries or sizes; damaged), `hostile-input` (any entry but plain files,
 * sparse files in data/, directories, and hard links in data/ to a file before them, all with harmless names below
 * `<source>/`; a name that occurs twice, expansion beyond what is recorded, data after the end), `key-wrong`,
 * `not-found`, `interrupted`.
 */
export async function* readVolume(o: VolumeToRead): AsyncIterable<VolumeEntry> {
  for await (const group of readVolumeInGroups(o)) yield* group
}

/**
 * {@link readVolume}, its entries in groups: those of one come without waiting, so that small files cost no more than what
 * is done with them.
 */
export function readVolumeInGroups(o: VolumeToRead): AsyncIterable<Iterable<VolumeEntry>> {
  return groupsOf(o, o.opener, o.onProgress ?? (() => {}))
}

/** {@link readVolume}, also past the page cache. */
export async function* volumeEntries(
  file: StoredVolume,
  opener: Opener,
  onProgress: (ciphertextBytes: number) => void,
): AsyncIterable<VolumeEntry> {
  for await (const group of groupsOf(file, opener, onProgress)) yield* group
}

async function* groupsOf(
  file: StoredVolume,
  opener: Opener,
  onProgress: (ciphertextBytes: number) => void,
): AsyncIterable<Iterable<VolumeEntry>> {
  const { record } = file
  if (!file.hashed) await hashVolume(file, onProgress)
  const second = newTap()
  const ciphertext = reporting(ciphertextOf({ ...file, fresh: false }, second), onProgress)
  const maxBytes = record.plaintextBytes + record.entries * entryOverhead + tarEnd
  const tar = decompress(decryptStream(ciphertext, opener), record.name, maxBytes, file.lent)
  yield* checkedEntries(untar(guardTar(tar, record.name), record.name), record)
  checkAgainst(record, second)
}

async function* reporting(
  source: AsyncIterable<Uint8Array>,
  onProgress: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    onProgress(chunk.length)
    yield chunk
  }
}
