import { type Extent, RestituteError } from '@restitute/core'
import { type Extract, extract, type Header } from 'tar-stream'
import { ChunkReader } from './chunk-reader.ts'
import { drained } from './drained.ts'
import { sparsePlaceholder } from './pax.ts'
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
 * is skipped when the next entry is asked for. `hostile-input` when it is no tar, or for a sparse file whose map makes
 * no sense; errors of the source come through as they are.
 */
export async function* untar(source: AsyncIterable<Uint8Array>, name: string): AsyncIterable<TarEntry> {
  const tar = extract()
  // Listens before the first byte comes.
  const entries = tar[Symbol.asyncIterator]()
  const feeding = feed(source, tar).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const entry of { [Symbol.asyncIterator]: () => entries }) {
      const chunks = (entry as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
      yield await entryOf(entry.header, chunks, name)
      while (!(await chunks.next()).done);
    }
  } catch (thrown) {
    if (thrown instanceof RestituteError) throw thrown
    throw new RestituteError('hostile-input', `${name}: its tar cannot be read`, { cause: thrown })
  } finally {
    tar.destroy()
    await feeding
  }
}

async function feed(source: AsyncIterable<Uint8Array>, tar: Extract): Promise<void> {
  for await (const chunk of source) {
    if (tar.destroyed) return
    if (!tar.write(chunk)) await drained(tar)
  }
  tar.end(null)
}

async function entryOf(header: Header, chunks: AsyncIterator<Uint8Array>, volume: string): Promise<TarEntry> {
  const seconds = BigInt(Math.trunc(header.mtime.getTime() / 1000))
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>
  return {
    name: header.name,
    type: header.type,
    target: header.linkname ?? undefined,
    size: header.size,
    extents: undefined,
    mode: header.mode & 0o7777,
    uid: Number(pax['uid'] ?? header.uid),
    gid: Number(pax['gid'] ?? header.gid),
    modified: readTime(pax['mtime'] ?? '') ?? seconds * 1_000_000_000n,
    // Without `return`: leaving the loop would destroy the whole tar.
    content: () => ({ [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) }),
    ...('GNU.sparse.name' in pax && (await sparseOf(header, pax, chunks, volume))),
  }
}

async function sparseOf(
  header: Header,
  pax: Readonly<Record<string, string>>,
  chunks: AsyncIterator<Uint8Array>,
  volume: string,
): Promise<Pick<TarEntry, 'name' | 'size' | 'extents' | 'content'>> {
  const name = pax['GNU.sparse.name'] ?? ''
  const size = Number(pax['GNU.sparse.realsize'])
  if (header.name !== sparsePlaceholder(name)) {
    throw new RestituteError('hostile-input', `${volume}: a sparse file has two names`)
  }
  const content = new ChunkReader(chunks)
  const extents = await readSparseMap(content, { size, stored: header.size }, volume)
  return { name, size, extents, content: () => content.take(Number.POSITIVE_INFINITY) }
}
