import { RestituteError } from '@restitute/core'
import { type Extract, extract, type Header } from 'tar-stream'
import { drained } from './drained.ts'
import { readTime } from './pax-time.ts'

/** An entry of a tar as it stands there. */
export interface TarEntry {
  readonly name: string
  readonly type: string | null
  readonly size: number
  readonly mode: number
  readonly modified: bigint
  content(): AsyncIterable<Uint8Array>
}

/**
 * The entries of a tar, in order. Content that the reader leaves, wholly or in part, is skipped when the next
 * entry is asked for. `hostile-input` when it is no tar; errors of the source come through as they are.
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
      yield entryOf(entry.header, chunks)
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

function entryOf(header: Header, chunks: AsyncIterator<Uint8Array>): TarEntry {
  const seconds = BigInt(Math.trunc(header.mtime.getTime() / 1000))
  const { mtime = '' } = (header.pax ?? {}) as { mtime?: string }
  return {
    name: header.name,
    type: header.type,
    size: header.size,
    mode: header.mode & 0o7777,
    modified: readTime(mtime) ?? seconds * 1_000_000_000n,
    // Without `return`: leaving the loop would destroy the whole tar.
    content: () => ({ [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) }),
  }
}
