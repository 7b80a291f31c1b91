import {
  ContentHash,
  type Entry,
  type HashedFile,
  type Loss,
  nameProblem,
  RestituteError,
} from '@restitute/core'
import { Gathering } from './chunks.ts'
import { block, dataBytes, extentsProblem, mostHoleBytes, storableExtents, widened } from './extents.ts'
import type { Meter } from './meter.ts'
import { misplaced } from './names.ts'
import { sparseMap } from './sparse-map.ts'
import { tarEnd } from './tar-guard.ts'
import { headerOf } from './tar-header.ts'
import type { EntryRecord } from './types.ts'

/** Where the entries of a tar come from, and who is told of them. */
export interface TarSource {
  /** Name of the bag: the first segment of every name in the tar. */
  readonly source: string
  readonly entries: AsyncIterable<Entry | Loss>
  readonly onEntry: (record: EntryRecord) => void | Promise<void>
  readonly onLoss: (loss: Loss) => void | Promise<void>
  readonly onProgress: (plaintextBytes: number) => void
  /** Counts what is read: not the holes of sparse files. */
  readonly meter: Meter
  readonly signal: AbortSignal
}

const zeros = new Uint8Array(block)

/** What is in the tar so far. */
interface Written {
  /** By path; what no link may name has no record. */
  readonly records: Map<string, EntryRecord | undefined>
  holeBytes: number
}

/** A POSIX pax tar of the entries, in their order. Throws `internal` when an entry is not what it announced. */
export async function* tarOf(from: TarSource): AsyncIterable<Uint8Array> {
  const written: Written = { records: new Map(), holeBytes: 0 }
  const tar = new Gathering()
  for await (const entry of from.meter.over(from.entries, () => 0)) {
    if ('lost' in entry) {
      await from.onLoss(entry)
      continue
    }
    checkPlace(entry, from.source, written)
    const packing = new PackedEntry(entry, from, written)
    for await (const piece of packing.pieces()) for (const full of tar.take(piece)) yield full
    written.records.set(entry.path, entry.type === 'file' ? packing.record : undefined)
    from.meter.items++
    const noted = from.onEntry(packing.record)
    if (noted) await noted
  }
  for (const full of tar.take(Buffer.alloc(tarEnd))) yield full
  yield tar.rest()
}

function checkPlace(entry: Entry, source: string, { records }: Written): void {
  const { path } = entry
  const problem = records.has(path) ? 'occurs twice in one volume' : nameProblem(`${source}/${path}`)
  if (problem) throw new RestituteError('internal', `entry of ${source}: its path ${problem}`)
  if (misplaced(entry))
    throw new RestituteError('internal', `${source}: a link or a sparse entry outside data/`)
}

/** One entry on its way into the tar. */
class PackedEntry {
  readonly #entry: Entry
  readonly #from: TarSource
  readonly #form: Form
  #record: EntryRecord

  constructor(entry: Entry, from: TarSource, written: Written) {
    this.#entry = entry
    this.#from = from
    this.#form = formOf(entry)
    this.#record = recordOf(entry, entry.type === 'link' ? linkedFile(entry, written) : this.#form)
    countHoles(this.#form, written)
  }

  /** To be asked after all pieces. */
  get record(): EntryRecord {
    return this.#record
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    const { map, bytes } = this.#form
    const stored = map.length + bytes
    yield headerOf(this.#entry, this.#from.source, { stored, sparse: map.length > 0 })
    if (this.#entry.type !== 'file') return
    if (map.length > 0) yield map
    const hash = new ContentHash(this.#form, this.#from.signal)
    yield* this.#content(hash)
    const sha256 = await hash.digest()
    this.#entry.hashed?.(sha256)
    this.#record = recordOf(this.#entry, { size: this.#form.size, sha256 })
    if (stored % block > 0) yield zeros.subarray(stored % block)
  }

  async *#content(hash: ContentHash): AsyncIterable<Uint8Array> {
    const form = this.#form
    const { meter, onProgress } = this.#from
    let bytes = 0
    for await (const chunk of meter.over(form.content(), (c) => c.length)) {
      bytes += chunk.length
      if (bytes > form.bytes) throw sizeMismatch(form, 'more')
      const hashing = hash.take(chunk)
      if (hashing) await hashing
      yield chunk
      onProgress(chunk.length)
    }
    if (bytes < form.bytes) throw sizeMismatch(form, String(bytes))
    if (form.size > bytes) onProgress(form.size - bytes)
  }
}

function linkedFile({ link }: Entry, { records }: Written): EntryRecord {
  const file = records.get(link ?? '')
  if (file) return file
  throw new RestituteError('internal', 'an entry links to what is no file earlier in its volume')
}

/** How the content of an entry is stored. */
interface Form extends HashedFile {
  /** Of a sparse file; else empty. */
  readonly map: Uint8Array
  /** Bytes of content that follow. */
  readonly bytes: number
  readonly content: () => AsyncIterable<Uint8Array>
}

function formOf(entry: Entry): Form {
  const { type, size, extents } = entry
  const content = () => entry.content()
  const bytes = type === 'file' ? size : 0
  if (type !== 'file' || !extents) return { size: bytes, map: new Uint8Array(), bytes, content }
  const problem = extentsProblem(extents, size)
  if (problem) throw new RestituteError('internal', `the stretches of a sparse entry ${problem}`)
  const stored = storableExtents(extents, size)
  return {
    size,
    extents: stored,
    map: sparseMap(stored, size),
    bytes: dataBytes(stored),
    content: () => widened(content(), extents, stored),
  }
}

function countHoles(form: Form, written: Written): void {
  written.holeBytes += form.size - form.bytes
  if (written.holeBytes <= mostHoleBytes) return
  throw new RestituteError('internal', `a volume has more than ${mostHoleBytes} bytes of holes`, {
    hint: 'export with smaller shards',
  })
}

function recordOf(
  entry: Entry,
  file: { readonly size: number; readonly sha256?: string | undefined },
): EntryRecord {
  const { path, type, item, link, part } = entry
  return {
    path,
    type,
    size: file.size,
    ...(item === undefined ? {} : { item }),
    ...(type === 'link' && link !== undefined ? { link } : {}),
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    ...(part === undefined ? {} : { part }),
  }
}

function sizeMismatch(form: Form, got: string): RestituteError {
  return new RestituteError('internal', `entry of ${form.bytes} bytes: expected as many, got ${got}`, {
    hint: 'the item changed while it was read, or its connector announced the wrong size',
  })
}
