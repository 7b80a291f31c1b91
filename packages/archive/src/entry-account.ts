import { createHash } from 'node:crypto'
import { ContentHash, type Entry } from '@restitute/core'
import type { VolumeEntry } from './types.ts'

/** What is compared of an entry. */
interface Accounted {
  readonly path: string
  readonly type: Entry['type']
  readonly size: number
  readonly link?: string
  readonly sha256?: string
}

/** One digest over all entries of a volume, in their order: two readings that agree on it have read the same. */
export class EntryAccount {
  readonly #hash = createHash('sha256')

  add({ path, type, size, link, sha256 }: Accounted): void {
    const content = type === 'file' ? sha256 : link
    this.#hash.update(`${JSON.stringify([path, type, size, content])}\n`)
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

/** Reads all entries with their content; gives the digest of their account. */
export async function accountOf(entries: AsyncIterable<VolumeEntry>, signal: AbortSignal): Promise<string> {
  const account = new EntryAccount()
  for await (const entry of entries) {
    account.add(entry.type === 'file' ? { ...entry, sha256: await contentDigest(entry, signal) } : entry)
  }
  return account.digest()
}

async function contentDigest(entry: VolumeEntry, signal: AbortSignal): Promise<string> {
  const hash = new ContentHash(entry, signal)
  for await (const chunk of entry.content()) await hash.take(chunk)
  return hash.digest()
}
