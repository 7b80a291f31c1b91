import { type Extent, RestituteError } from '@restitute/core'
import { ChunkReader } from './chunk-reader.ts'
import { block } from './extents.ts'
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
}

/**
 * The entries of a tar that {@link guardTar} has let pass, in order. Content that the reader leaves, wholly or in part,
 * is skipped when the next entry is asked for. `hostile-input` for a sparse file whose map makes no sense, or content
 * that is cut; errors of the source come through as they are.
 */
export async function* untar(source: AsyncIterable<Uint8Array>, name: string): AsyncIterable<TarEntry> {
  const iterator = source[Symbol.asyncIterator]()
  const tar = new ChunkReader(iterator)
  try {
    for (let head = await nextHead(tar, name); head; head = await nextHead(tar, name)) {
      const chunks = tar.take(head.stored)[Symbol.asyncIterator]()
      yield await entryOf(head, chunks, name)
      while (!(await chunks.next()).done);
      await skip(tar, -head.stored & (block - 1), name)
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
  /** Bytes that follow. */
  readonly stored: number
}

const noRecords: ReadonlyMap<string, string> = new Map()
const paxFlag = 0x78

/** Nothing at the end of the tar. */
async function nextHead(tar: ChunkReader, name: string): Promise<Head | undefined> {
  const header = await bytesOf(tar, block, name)
  if (header[0] === 0 && header.every((byte) => byte === 0)) return undefined
  const stored = sizeIn(header)
  if (header[156] !== paxFlag) return { header, pax: noRecords, stored }
  const pax = readPax(await bytesOf(tar, stored, name))
  await skip(tar, -stored & (block - 1), name)
  const own = await bytesOf(tar, block, name)
  if (typeof pax === 'string') throw new RestituteError('hostile-input', `${name}: its tar ${pax}`)
  return { header: own, pax, stored: sizeIn(own) }
}

async function bytesOf(tar: ChunkReader, length: number, name: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  for await (const piece of tar.take(length)) {
    bytes.set(piece, filled)
    filled += piece.length
  }
  if (filled === length) return bytes
  throw new RestituteError('hostile-input', `${name}: its tar is cut`)
}

async function skip(tar: ChunkReader, length: number, name: string): Promise<void> {
  if (length > 0) await bytesOf(tar, length, name)
}

function entryOf(
  head: Head,
  chunks: AsyncIterator<Uint8Array>,
  volume: string,
): TarEntry | Promise<TarEntry> {
  const { header, pax, stored: size } = head
  const flag = header[156]
  const entry: TarEntry = {
    name: pax.get('path') ?? textIn(header, 0, 100, textIn(header, 345, 500)),
    type: flag === 0x35 ? 'directory' : flag === 0x31 ? 'link' : 'file',
    target: pax.get('linkpath') ?? (flag === 0x31 ? textIn(header, 157, 257) : undefined),
    size,
    extents: undefined,
    mode: numberIn(header, 100, 108) & 0o7777,
    uid: Number(pax.get('uid') ?? numberIn(header, 108, 116)),
    gid: Number(pax.get('gid') ?? numberIn(header, 116, 124)),
    modified: readTime(pax.get('mtime') ?? '') ?? BigInt(numberIn(header, 136, 148)) * 1_000_000_000n,
    // Without `return`: leaving the loop would end the whole tar.
    content: () => ({ [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) }),
  }
  return pax.has('GNU.sparse.name') ? sparseOf(entry, pax, chunks, volume) : entry
}

/** Until the first NUL. */
function textIn(header: Buffer, from: number, to: number, prefix = ''): string {
  const end = header.subarray(from, to).indexOf(0)
  const text = header.toString('latin1', from, end < 0 ? to : from + end)
  return prefix === '' ? text : `${prefix}/${text}`
}

function numberIn(header: Buffer, from: number, to: number): number {
  return Number.parseInt(header.toString('latin1', from, to), 8)
}

function sizeIn(header: Buffer): number {
  return header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : numberIn(header, 124, 136)
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
