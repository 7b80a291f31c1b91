import {
  ContentHash,
  type Entry,
  type HashedFile,
  type Loss,
  nameProblem,
  RestituteError,
} from '@restitute/core'
import { type Pack, pack } from 'tar-stream'
import { drained } from './drained.ts'
import { dataBytes, extentsProblem, mostHoleBytes, storableExtents, widened } from './extents.ts'
import type { Meter } from './meter.ts'
import { misplaced } from './names.ts'
import { sparseMap } from './sparse-map.ts'
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

type Sink = ReturnType<Pack['entry']>

/** What is in the tar so far. */
interface Written {
  /** By path; what no link may name has no record. */
  readonly records: Map<string, EntryRecord | undefined>
  holeBytes: number
}

/** A POSIX pax tar of the entries, in their order. Throws `internal` when an entry is not what it announced. */
export async function* tarOf(from: TarSource): AsyncIterable<Uint8Array> {
  const tar = pack()
  // Every error reaches the reader through the iteration below, or comes after the reader has left.
  tar.on('error', () => {})
  const packing = packAll(tar, from).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    yield* tar as AsyncIterable<Uint8Array>
  } finally {
    tar.destroy()
    await packing
  }
}

async function packAll(tar: Pack, from: TarSource): Promise<void> {
  const written: Written = { records: new Map(), holeBytes: 0 }
  for await (const entry of from.meter.over(from.entries, () => 0)) {
    if ('lost' in entry) {
      await from.onLoss(entry)
      continue
    }
    checkPlace(entry, from.source, written)
    const record = await packEntry(tar, entry, from, written)
    written.records.set(entry.path, entry.type === 'file' ? record : undefined)
    from.meter.items++
    await from.onEntry(record)
  }
  tar.finalize()
}

function checkPlace(entry: Entry, source: string, { records }: Written): void {
  const { path } = entry
  const problem = records.has(path) ? 'occurs twice in one volume' : nameProblem(`${source}/${path}`)
  if (problem) throw new RestituteError('internal', `entry of ${source}: its path ${problem}`)
  if (misplaced(entry))
    throw new RestituteError('internal', `${source}: a link or a sparse entry outside data/`)
}

async function packEntry(tar: Pack, entry: Entry, from: TarSource, written: Written): Promise<EntryRecord> {
  const file = entry.type === 'link' ? linkedFile(entry, written) : undefined
  const form = formOf(entry)
  countHoles(form, written)
  const sink = Promise.withResolvers<void>()
  const header = headerOf(entry, from.source, {
    stored: form.map.length + form.bytes,
    sparse: form.map.length > 0,
  })
  const stream = tar.entry(header, (error) => (error ? sink.reject(error) : sink.resolve()))
  // Awaited below, unless the content fails first.
  sink.promise.catch(() => {})
  stream.on('error', () => {})
  const sha256 = entry.type === 'file' ? await packContent(stream, form, from) : undefined
  if (entry.type === 'file') stream.end(null)
  await sink.promise
  return recordOf(entry, file ?? { size: form.size, sha256 })
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

async function packContent(stream: Sink, form: Form, from: TarSource): Promise<string> {
  const hash = new ContentHash(form, from.signal)
  let bytes = 0
  if (form.map.length > 0) await put(stream, form.map)
  for await (const chunk of from.meter.over(form.content(), (c) => c.length)) {
    bytes += chunk.length
    if (bytes > form.bytes) throw sizeMismatch(form, 'more')
    await hash.take(chunk)
    await put(stream, chunk)
    from.onProgress(chunk.length)
  }
  if (bytes < form.bytes) throw sizeMismatch(form, String(bytes))
  if (form.size > bytes) from.onProgress(form.size - bytes)
  return hash.digest()
}

async function put(stream: Sink, chunk: Uint8Array): Promise<void> {
  if (!stream.write(chunk) && !(await drained(stream))) throw givenUp()
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

function givenUp(): RestituteError {
  return new RestituteError('interrupted', 'the volume was given up before its end')
}
