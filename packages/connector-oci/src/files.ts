import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises'
import { fingerprintOfIdentity, RestituteError, systemCode, throwIfInterrupted } from '@restitute/core'
import type { Lost } from './manifest.ts'
import type { FetchedBlob } from './store.ts'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
const chunkBytes = 256 * 1024

/** Opens a regular file; a link or anything else that is none, and what is missing, is lost. */
export async function openFile(path: string): Promise<FileHandle | Lost> {
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
    return { lost: 'not a file' }
  } catch (error) {
    return { lost: `it cannot be read: ${systemCode(error) ?? 'failed'}` }
  }
}

/** A stretch of an open file; closes the file in the end. */
export function stretchOf(
  handle: FileHandle,
  offset: number,
  bytes: number,
  signal: AbortSignal,
): FetchedBlob {
  async function* body(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes; ) {
      throwIfInterrupted(signal)
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, bytes - at))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }
  return { bytes, body: body(), close: () => handle.close() }
}

/** A whole small file, or why not. */
export async function smallFile(path: string, most: number): Promise<Buffer | Lost> {
  const handle = await openFile(path)
  if ('lost' in handle) return handle
  await using file = handle
  const { size } = await file.stat()
  if (size > most) return { lost: `more than ${most} bytes` }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0)
  return buffer.subarray(0, bytesRead)
}

/** Real path of what lies at a path, and an identity that outlives a restart of the machine; throws `source-unreachable`. */
export async function identify(
  path: string,
  expected: 'a file' | 'a folder',
): Promise<{ real: string; fingerprint: string }> {
  try {
    const real = await realpath(path)
    const stats = await lstat(real, { bigint: true })
    if (expected === 'a file' ? stats.isFile() : stats.isDirectory()) {
      return { real, fingerprint: fingerprintOf(real, stats) }
    }
  } catch (cause) {
    throw unreachable(path, systemCode(cause) ?? 'failed', cause)
  }
  throw unreachable(path, `expected ${expected}, got something else`)
}

/** Identity of what lies at a real path. */
export function fingerprintOf(real: string, { ino, birthtimeNs }: BigIntStats): string {
  return fingerprintOfIdentity(`oci\n${real}\n${ino}\n${birthtimeNs}`)
}

/** A place on disk that cannot be read. */
export function unreachable(path: string, reason: string, cause?: unknown): RestituteError {
  return new RestituteError('source-unreachable', `open ${path}: ${reason}`, { cause })
}
