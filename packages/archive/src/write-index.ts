import type { Destination } from '@restitute/core'
import {
  canonicalJson,
  type IndexHeader,
  type IndexLine,
  type IndexRecord,
  sha256Hex,
} from '@restitute/manifest'
import { newSessionKey, type PublicKey } from '@restitute/seal'
import { chunkBytes, newTap, rechunk, tap } from './chunks.ts'
import { Meter } from './meter.ts'
import { store } from './store.ts'
import { compress } from './zstd.ts'

/** What to write into one index. */
export interface IndexSource {
  readonly destination: Destination
  /** Name of the index, see `indexName`. */
  readonly name: string
  readonly source: string
  /** 32 random bytes. */
  readonly salt: Uint8Array
  /** Items ascending by id, each followed by its entries; entries without item last. */
  readonly lines: Iterable<IndexLine>
  readonly recipients: readonly PublicKey[]
  readonly signal: AbortSignal
}

/**
 * Writes one index: a header with the salt, then the lines, each canonical JSON and a line feed, compressed and
 * encrypted like a volume. Streams; whatever goes wrong, no file is left. Throws what lines and destination throw;
 * `interrupted`.
 */
export async function writeIndex(o: IndexSource): Promise<IndexRecord> {
  const plaintext = newTap()
  const counter = { lines: 0 }
  const content = compress(tap(rechunk(encodedLines(o, counter)), plaintext))
  const file = await store({ ...o, content, sessionKey: newSessionKey(), meter: new Meter() })
  return {
    ...file,
    source: o.source,
    lines: counter.lines,
    saltSha256: sha256Hex(o.salt),
    plaintextSha256: plaintext.hash.digest('hex'),
  }
}

async function* encodedLines(o: IndexSource, counter: { lines: number }): AsyncIterable<Uint8Array> {
  const header: IndexHeader = {
    schema: 'restitute/index/v1',
    source: o.source,
    salt: Buffer.from(o.salt).toString('hex'),
  }
  let text = `${canonicalJson(header)}\n`
  for (const line of o.lines) {
    counter.lines++
    text += `${canonicalJson(line)}\n`
    if (text.length < chunkBytes) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(text)
}
