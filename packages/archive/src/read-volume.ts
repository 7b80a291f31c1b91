import { type Destination, RestituteError } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { decryptStream, type Opener } from '@restitute/seal'
import { newTap } from './chunks.ts'
import { checkAgainst, ciphertextOf, differs, type Stored } from './ciphertext.ts'
import { nameProblem } from './names.ts'
import { entryOverhead, guardTar, tarEnd } from './tar-guard.ts'
import { type TarEntry, untar } from './tar-read.ts'
import type { VolumeEntry } from './types.ts'
import { decompress } from './zstd.ts'

/** Ciphertext bytes that a volume's record names. */
type StoredVolume = Stored & { readonly record: VolumeRecord }

/**
 * Reads one volume as hostile input (R24): first hashes the whole ciphertext against its record, which comes from a
 * signed manifest, then decrypts it while hashing again. Entries come in order; content that is not read is skipped.
 * All is proven only when the iteration has ended: write under temporary names until then. `onProgress` gets the
 * ciphertext bytes of both passes, so twice `record.bytes` in the end, as they are read.
 *
 * Throws `invalid` (not the recorded bytes, entries or sizes; damaged), `hostile-input` (any entry but plain files
 * and directories with harmless names below `<source>/`, a name that occurs twice, expansion beyond what is recorded,
 * data after the end), `key-wrong`, `not-found`, `interrupted`.
 */
export async function* readVolume(o: {
  readonly destination: Destination
  readonly record: VolumeRecord
  readonly opener: Opener
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((ciphertextBytes: number) => void) | undefined
}): AsyncIterable<VolumeEntry> {
  yield* volumeEntries(o, o.opener, o.onProgress ?? (() => {}))
}

/** {@link readVolume}, also past the page cache. */
export async function* volumeEntries(
  file: StoredVolume,
  opener: Opener,
  onProgress: (ciphertextBytes: number) => void,
): AsyncIterable<VolumeEntry> {
  const { record } = file
  const first = newTap()
  for await (const chunk of ciphertextOf(file, first)) onProgress(chunk.length)
  checkAgainst(record, first)
  const second = newTap()
  const ciphertext = reporting(ciphertextOf({ ...file, fresh: false }, second), onProgress)
  const maxBytes = record.plaintextBytes + record.entries * entryOverhead + tarEnd
  const tar = decompress(decryptStream(ciphertext, opener), record.name, maxBytes)
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

/** Names, numbers and sizes against the record; the set of names is bounded by the record. */
async function* checkedEntries(
  entries: AsyncIterable<TarEntry>,
  record: VolumeRecord,
): AsyncIterable<VolumeEntry> {
  const names = new Set<string>()
  let bytes = 0
  for await (const entry of entries) {
    const checked = checkedEntry(entry, record)
    if (names.has(checked.path)) throw hostile(record, 'a name occurs twice')
    names.add(checked.path)
    bytes += checked.size
    if (names.size > record.entries) throw differs(record, 'entries', record.entries, 'more')
    if (bytes > record.plaintextBytes) throw differs(record, 'plaintext bytes', record.plaintextBytes, 'more')
    yield checked
  }
  if (names.size !== record.entries) throw differs(record, 'entries', record.entries, names.size)
  if (bytes !== record.plaintextBytes) throw differs(record, 'plaintext bytes', record.plaintextBytes, bytes)
}

function checkedEntry(entry: TarEntry, record: VolumeRecord): VolumeEntry {
  const { type, name: rawName, ...rest } = entry
  if (type !== 'file' && type !== 'directory')
    throw hostile(record, 'an entry is neither a file nor a directory')
  const name = type === 'directory' ? rawName.replace(/\/$/, '') : rawName
  const problem = nameProblem(name)
  if (problem) throw hostile(record, `the name of an entry ${problem}`)
  if (!name.startsWith(`${record.source}/`)) throw hostile(record, `an entry lies outside ${record.source}/`)
  return { ...rest, source: record.source, path: name.slice(record.source.length + 1), type }
}

/** Without the name: it may hold personal data. */
function hostile(record: VolumeRecord, what: string): RestituteError {
  return new RestituteError('hostile-input', `${record.name}: ${what}`)
}
