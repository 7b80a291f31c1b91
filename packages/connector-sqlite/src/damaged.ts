import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Entry, type Item, RestituteError, safeName, throwIfInterrupted } from '@restitute/core'
import type { EntryStamp } from './entries.ts'
import { statusOf } from './location.ts'

const blockBytes = 256 * 1024

/** Id of the one item that a damaged database has. */
export const damagedId = 'database'

/**
 * A damaged database as an item: never delivered as whole, but its files are exported as they are, for what
 * `sqlite3 .recover` may still find. Its digest is the SHA-256 of the SHA-256 digests (raw) of the file, its
 * write-ahead log and its journal, as far as these hold anything; it has none when they cannot be read.
 */
export async function damagedItem(file: string, reason: string, signal: AbortSignal): Promise<Item> {
  const files = await filesOf(file)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const item = { id: damagedId, kind: 'damaged', bytes, lost: `damaged: ${reason}` }
  try {
    const digest = createHash('sha256')
    for (const { path, size } of files) digest.update(await digestOf(path, size, signal))
    const hex = digest.digest('hex')
    return { ...item, mark: hex, digest: hex }
  } catch {
    throwIfInterrupted(signal)
    return { ...item, mark: 'unreadable' }
  }
}

/** The files of a damaged database, byte by byte: `data/damaged/records.db`, `data/damaged/records.db-wal`. */
export async function* damagedEntries(
  file: string,
  stamp: EntryStamp,
  signal: AbortSignal,
): AsyncIterable<Entry> {
  for (const { path, size } of await filesOf(file)) {
    yield {
      path: `data/damaged/${safeName(basename(path))}`,
      item: damagedId,
      type: 'file',
      size,
      mode: 0o600,
      modified: stamp.modified,
      content: () => blocks(path, size, signal),
    }
  }
}

async function filesOf(file: string): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = []
  for (const path of [file, `${file}-wal`, `${file}-journal`]) {
    const status = await statusOf(path)
    if (status?.isFile() && (path === file || status.size > 0n))
      found.push({ path, size: Number(status.size) })
  }
  return found
}

async function digestOf(path: string, size: number, signal: AbortSignal): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const block of blocks(path, size, signal)) hash.update(block)
  return hash.digest()
}

/** Exactly `size` bytes; throws `source-view-lost` when the file has become shorter. */
async function* blocks(path: string, size: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  await using handle = await open(path)
  for (let position = 0; position < size; ) {
    throwIfInterrupted(signal)
    const block = await readBlock(handle, position, Math.min(blockBytes, size - position))
    if (block.length === 0) {
      throw new RestituteError('source-view-lost', `read ${path}: expected ${size} bytes, got ${position}`)
    }
    position += block.length
    yield block
  }
}

async function readBlock(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}
