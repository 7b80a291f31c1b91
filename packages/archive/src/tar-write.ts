import { hash as digestOf } from 'node:crypto'
import {
  ContentHash,
  type Entry,
  type HashedFile,
  type Loss,
  nameProblem,
  RestituteError,
} from '@restitute/core'
import { Gathering } from './chunks.ts'
import {
  block,
  dataBytes,
  extentsProblem,
  mostHoleBytes,
  padded,
  storableExtents,
  widened,
} from './extents.ts'
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
    if (entry.type === 'file' && entry.atHand)
      for (const piece of packing.whole(entry.atHand)) for (const full of tar.take(piece)) yield full
    else for await (const piece of packing.pieces()) for (const full of tar.take(piece)) yield full
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

  /** All of it, where its content is in memory: without the turns that a stream takes. */
  whole(bytes: Uint8Array): Uint8Array[] {
    const { meter, onProgress } = this.#from
    if (bytes.length !== this.#form.bytes) throw sizeMismatch(this.#form, String(bytes.length))
    meter.bytes += bytes.length
    this.#contentIs(digestOf('sha256', bytes))
    onProgress(bytes.length)
    return [this.#header(), bytes, this.#padding()]
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    const { map } = this.#form
    yield this.#header()
    if (this.#entry.type !== 'file') return
    if (map.length > 0) yield map
    const hash = new ContentHash(this.#form, this.#from.signal)
    yield* this.#content(hash)
    this.#contentIs(await hash.digest())
    yield this.#padding()
  }

  #header(): Uint8Array {
    const sparse = this.#form.map.length > 0
    return headerOf(this.#entry, this.#from.source, { stored: this.#stored, sparse })
  }

  /** Zeros up to the end of the last block. */
  #padding(): Uint8Array {
    return zeros.subarray(0, padded(this.#stored) - this.#stored)
  }

  get #stored(): number {
    return this.#form.map.length + this.#form.bytes
  }

  #contentIs(sha256: string): void {
    this.#entry.hashed?.(sha256)
    this.#record = recordOf(this.#entry, { size: this.#form.size, sha256 })
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
  const record: { -readonly [K in keyof EntryRecord]: EntryRecord[K] } = { path, type, size: file.size }
  if (item !== undefined) record.item = item
  if (type === 'link' && link !== undefined) record.link = link
  if (file.sha256 !== undefined) record.sha256 = file.sha256
  if (part !== undefined) record.part = part
  return record
}

function sizeMismatch(form: Form, got: string): RestituteError {
  return new RestituteError('internal', `entry of ${form.bytes} bytes: expected as many, got ${got}`, {
    hint: 'the item changed while it was read, or its connector announced the wrong size',
  })
}
