import { type Extent, once, RestituteError } from '@restitute/core'
import { ChunkReader } from './chunk-reader.ts'
import { block, padded } from './extents.ts'
import { octalIn } from './octal.ts'
import { readPax, sparsePlaceholder } from './pax.ts'
import { readTime } from './pax-time.ts'
import { readSparseMap } from './sparse-map.ts'

/** An entry of a tar as it stands there. */
export interface TarEntry {
  readonly name: string
  readonly type: string | null
  /** Of a link. */
  readonly target: string | undefined
  /** Bytes of the file, holes included. */
  readonly size: number
  /** Of a sparse file: `content` yields these stretches only. */
  readonly extents: readonly Extent[] | undefined
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly modified: bigint
  content(): AsyncIterable<Uint8Array>
  /** The whole content, where it can be had without waiting; good until the next entry is asked for. */
  readonly atHand: Uint8Array | undefined
}

/**
 * The entries of a tar that {@link guardTar} has let pass, in order, in groups: those that lie whole in a chunk come without
 * waiting, any other alone. Content that the reader leaves, wholly or in part, is skipped when the next entry is asked
 * for. `hostile-input` for a sparse file whose map makes no sense, or content that is cut; errors of the source come
 * through as they are.
 */
export async function* untar(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncIterable<Iterable<TarEntry>> {
  const iterator = source[Symbol.asyncIterator]()
  const tar = new ChunkReader(iterator)
  try {
    yield entriesAtHand(tar, name)
    for (let head = await nextHead(tar, name); head; head = await nextHead(tar, name)) {
      const chunks = tar.take(head.stored)[Symbol.asyncIterator]()
      yield [await streamed(head, chunks, name)]
      while (!(await chunks.next()).done);
      await skip(tar, -head.stored & (block - 1), name)
      yield entriesAtHand(tar, name)
    }
    while ((await tar.next(Number.POSITIVE_INFINITY)).length > 0);
  } finally {
    await iterator.return?.()
  }
}

/** A header with the pax records before it. */
interface Head {
  readonly header: Buffer
  readonly pax: ReadonlyMap<string, string>
  /** Bytes of all that. */
  readonly length: number
  /** Bytes that follow. */
  readonly stored: number
}

const noRecords: ReadonlyMap<string, string> = new Map()
const paxFlag = 0x78

/** Small files are most of all entries, and waiting for each would cost more than reading it. */
function* entriesAtHand(tar: ChunkReader, name: string): Iterable<TarEntry> {
  for (let head = headIn(tar.atHand, name); head; head = headIn(tar.atHand, name)) {
    const content = tar.atHand.subarray(head.length, head.length + head.stored)
    const end = head.length + padded(head.stored)
    if (!(end <= tar.atHand.length) || head.pax.has('GNU.sparse.name') || isEnd(head.header)) return
    tar.drop(end)
    yield entryOf(head, () => once(content), content)
  }
}

/** Nothing at the end of the tar. */
async function nextHead(tar: ChunkReader, name: string): Promise<Head | undefined> {
  const first = await gathered(tar, block, name)
  if (isEnd(first)) return undefined
  if (first[156] === paxFlag) await gathered(tar, 2 * block + padded(sizeIn(first)), name)
  const head = headIn(tar.atHand, name)
  if (head) tar.drop(head.length)
  return head
}

/** The head with which these bytes begin, if it is there whole. */
function headIn(bytes: Uint8Array, name: string): Head | undefined {
  if (bytes.length < block) return undefined
  const first = piece(bytes, 0, block)
  const size = sizeIn(first)
  if (first[156] !== paxFlag) return { header: first, pax: noRecords, length: block, stored: size }
  const length = 2 * block + padded(size)
  if (bytes.length < length) return undefined
  const pax = readPax(piece(bytes, block, size))
  if (typeof pax === 'string') throw new RestituteError('hostile-input', `${name}: its tar ${pax}`)
  const header = piece(bytes, length - block, block)
  return { header, pax, length, stored: sizeIn(header) }
}

function piece({ buffer, byteOffset }: Uint8Array, from: number, length: number): Buffer {
  return Buffer.from(buffer, byteOffset + from, length)
}

function isEnd(header: Buffer): boolean {
  return header[0] === 0 && header.every((byte) => byte === 0)
}

async function gathered(tar: ChunkReader, bytes: number, name: string): Promise<Buffer> {
  if (await tar.gather(bytes)) return piece(tar.atHand, 0, bytes)
  throw new RestituteError('hostile-input', `${name}: its tar is cut`)
}

async function skip(tar: ChunkReader, bytes: number, name: string): Promise<void> {
  await gathered(tar, bytes, name)
  tar.drop(bytes)
}

/** Without `return`: leaving the loop would end the whole tar. */
function streamed(
  head: Head,
  chunks: AsyncIterator<Uint8Array>,
  volume: string,
): TarEntry | Promise<TarEntry> {
  const content = () => ({ [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) })
  const entry = entryOf(head, content)
  return head.pax.has('GNU.sparse.name') ? sparseOf(entry, head.pax, chunks, volume) : entry
}

function entryOf(
  { header, pax, stored: size }: Head,
  content: TarEntry['content'],
  atHand?: Uint8Array,
): TarEntry {
  const flag = header[156]
  return {
    name: pax.get('path') ?? textIn(header, 0, 100, textIn(header, 345, 500)),
    type: flag === 0x35 ? 'directory' : flag === 0x31 ? 'link' : 'file',
    target: pax.get('linkpath') ?? (flag === 0x31 ? textIn(header, 157, 257) : undefined),
    size,
    extents: undefined,
    mode: octalIn(header, 100, 108) & 0o7777,
    uid: Number(pax.get('uid') ?? octalIn(header, 108, 116)),
    gid: Number(pax.get('gid') ?? octalIn(header, 116, 124)),
    modified: readTime(pax.get('mtime') ?? '') ?? BigInt(octalIn(header, 136, 148)) * 1_000_000_000n,
    content,
    atHand,
  }
}

/** Until the first NUL. */
function textIn(header: Buffer, from: number, to: number, prefix = ''): string {
  let end = from
  while (end < to && header[end] !== 0) end++
  const text = header.toString('latin1', from, end)
  return prefix === '' ? text : `${prefix}/${text}`
}

function sizeIn(header: Buffer): number {
  return header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : octalIn(header, 124, 136)
}

async function sparseOf(
  entry: TarEntry,
  pax: ReadonlyMap<string, string>,
  chunks: AsyncIterator<Uint8Array>,
  volume: string,
): Promise<TarEntry> {
  const name = pax.get('GNU.sparse.name') ?? ''
  const size = Number(pax.get('GNU.sparse.realsize'))
  if (entry.name !== sparsePlaceholder(name)) {
    throw new RestituteError('hostile-input', `${volume}: a sparse file has two names`)
  }
  const content = new ChunkReader(chunks)
  const extents = await readSparseMap(content, { size, stored: entry.size }, volume)
  return { ...entry, name, size, extents, content: () => content.take(Number.POSITIVE_INFINITY) }
}
