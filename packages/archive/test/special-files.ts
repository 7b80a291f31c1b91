import { zstdDecompressSync } from 'node:zlib'
import type { Destination, Entry, Extent } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { decryptStream, type PrivateKey } from '@restitute/seal'
import { bytesOf, chunked, fileEntry } from './helpers.ts'

/** A file of which these texts are stored, at these offsets; all else are holes. */
export function sparseEntry(
  path: string,
  size: number,
  stretches: readonly (readonly [offset: number, data: Uint8Array])[],
  more: Partial<Entry> = {},
): Entry {
  const extents = stretches.map(([offset, data]): Extent => ({ offset, length: data.length }))
  const data = Buffer.concat(stretches.map(([, bytes]) => bytes))
  return fileEntry(path, data, { size, extents, content: () => chunked(data, 1000), ...more })
}

/** Another name of a file. */
export function linkEntry(path: string, link: string, more: Partial<Entry> = {}): Entry {
  return fileEntry(path, '', { type: 'link', link, ...more })
}

/** What must be read at the entry's path once it is extracted, whatever it is. */
export async function contentAfterExtraction(entry: Entry, among: readonly Entry[]): Promise<Buffer> {
  const file = entry.type === 'link' ? among.find(({ path }) => path === entry.link) : entry
  if (!file) throw new Error(`${entry.path}: no such file`)
  const data = await bytesOf(file.content())
  if (!file.extents) return data
  const whole = Buffer.alloc(file.size)
  let from = 0
  for (const { offset, length } of file.extents) from += data.copy(whole, offset, from, from + length)
  return whole
}

/** The tar inside a volume. */
export async function tarInside(
  destination: Destination,
  record: VolumeRecord,
  key: PrivateKey,
): Promise<Buffer> {
  const sealed = decryptStream(destination.read(record.name), { privateKeys: [key] })
  return zstdDecompressSync(await bytesOf(sealed))
}
