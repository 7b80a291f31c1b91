import { type RestoredEntry, throwIfInterrupted } from '@restitute/core'
import { indexId } from './items.ts'
import { digestOfPath, hostile } from './names.ts'

/** Path of the index in the bag. */
export const indexPath: string = `data/${indexId}`

/** Which content an entry of the bag is, or is a part of; nothing for any other entry. */
export function contentOf({ path, part }: RestoredEntry): { digest: string; part?: number } | undefined {
  const [, inside = '', number] = /^data\/(blobs\/[^/]+\/[^/]+)(?:\/part-(\d{6,}))?$/.exec(path) ?? []
  const digest = digestOfPath(inside)
  if (digest === undefined) return undefined
  const found = part ?? (number === undefined ? undefined : Number(number))
  return { digest, ...(found !== undefined && { part: found }) }
}

/** A small entry, whole; throws `hostile-input` when it is not small. */
export async function wholeEntry(entry: RestoredEntry, most: number, signal: AbortSignal): Promise<Buffer> {
  if (entry.size > most) throw hostile(entry.path, `at most ${most} bytes`, String(entry.size))
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of entry.content()) {
    throwIfInterrupted(signal)
    bytes += chunk.length
    if (bytes > most) throw hostile(entry.path, `at most ${most} bytes`, 'more')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
