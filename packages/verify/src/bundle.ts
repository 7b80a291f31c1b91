import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isFull, RestituteError, systemCode } from '@restitute/core'
import { type Entry, openPromise, type ZipFile } from 'yauzl'

/** What a bundle may hold at most; an honest one is far below. */
const limits = { files: 20_000, fileBytes: 256 * 1024 * 1024, allBytes: 1024 * 1024 * 1024 }

// One level, and no name that any system would take for another place, a device or a hidden file.
const safeName =
  /^(?:contract\.yaml(?:\.[0-9a-f]{40,64}\.asc(?:\.tsr)?)?|ledger\.jsonl|timestamp-authority\.pem|(?:keys|documents)\/[A-Za-z0-9][A-Za-z0-9._-]{0,199})$/

/** Where the files of a bundle lie that are not beside its contract. */
const folders = ['keys', 'documents']

/**
 * Unpacks a bundle, which may be hostile, into the empty folder `to`, and returns the names. Only files of the names
 * that a bundle has, each once, whole and within bounds that hold while they are inflated; nothing outside `to` is ever
 * written. What people's programs add when they pack one anew, the two folders as entries, is passed over. Throws `hostile-input`, `invalid` for what is no whole ZIP file, `destination-full` and `destination-failed`
 * where `to` does not take it, `interrupted`.
 */
export async function unpackBundle(path: string, to: string, signal?: AbortSignal): Promise<string[]> {
  const zip = await opened(path)
  try {
    await Promise.all(folders.map((folder) => mkdir(join(to, folder), { mode: 0o700 })))
    return await unpackAll(zip, to, signal)
  } catch (cause) {
    throw cause instanceof RestituteError || signal?.aborted ? cause : notUnpacked(path, to, cause)
  } finally {
    zip.close()
  }
}

async function opened(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { strictFileNames: true, validateEntrySizes: true, autoClose: false })
  } catch (cause) {
    const code = systemCode(cause)
    if (code?.startsWith('E'))
      throw new RestituteError('not-found', `cannot read ${path} (${code})`, { cause })
    throw damaged(path, cause)
  }
}

/** Where this machine failed, nothing is said of the bundle. */
function notUnpacked(path: string, to: string, cause: unknown): RestituteError {
  const why = systemCode(cause) ?? ''
  if (!/^E[A-Z]/.test(why) || why === 'EEXIST') return damaged(path, cause)
  const code = isFull(cause) ? 'destination-full' : 'destination-failed'
  return new RestituteError(code, `${path}: cannot be unpacked to ${to}: ${why}`, { cause })
}

function damaged(path: string, cause: unknown): RestituteError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RestituteError('invalid', `${path}: not a whole ZIP file: ${why}`, { cause })
}

async function unpackAll(zip: ZipFile, to: string, signal: AbortSignal | undefined): Promise<string[]> {
  if (zip.entryCount > limits.files) throw hostile(`${zip.entryCount} files`)
  const names = new Set<string>()
  let bytes = 0
  for await (const entry of zip.eachEntry()) {
    signal?.throwIfAborted()
    if (folders.some((folder) => entry.fileName === `${folder}/`)) continue
    refuseOdd(entry, names)
    bytes += entry.uncompressedSize
    if (bytes > limits.allBytes) throw hostile(`more than ${limits.allBytes} bytes`)
    names.add(entry.fileName)
    await unpackEntry(await zip.openReadStreamPromise(entry), join(to, entry.fileName), signal)
  }
  return [...names]
}

/** The sizes that entries claim are enforced while they are inflated (`validateEntrySizes`). */
async function unpackEntry(stream: Readable, path: string, signal: AbortSignal | undefined): Promise<void> {
  await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), signal ? { signal } : {})
}

function refuseOdd(entry: Entry, names: ReadonlySet<string>): void {
  const { fileName: name } = entry
  if (!safeName.test(name)) throw hostile(`a file of a name that no bundle has: ${JSON.stringify(name)}`)
  if (names.has(name)) throw hostile(`${name} twice`)
  if (entry.uncompressedSize > limits.fileBytes) throw hostile(`${name} of ${entry.uncompressedSize} bytes`)
  if (entry.isEncrypted()) throw hostile(`${name} encrypted`)
  if (!isRegular(entry)) throw hostile(`${name}, which is no regular file`)
}

/** By the mode of Unix in the upper half, where the writer gave one. */
function isRegular({ externalFileAttributes }: Entry): boolean {
  const type = (externalFileAttributes >>> 16) & 0o170000
  return type === 0 || type === 0o100000
}

function hostile(what: string): RestituteError {
  return new RestituteError('hostile-input', `bundle: no honest writer makes one with ${what}`)
}
