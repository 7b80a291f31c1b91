import { open, stat, truncate } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isoTime, RestituteError, systemCode } from '@restitute/core'
import { readIfThere, syncFolder, writeFailed, writeWhole } from '../files.ts'

const lineFeed = 0x0a
const maxLedgerBytes = 256 * 1024 * 1024

/** A ledger file as it lies there. */
export interface LedgerFile {
  /** Complete lines, without their line feed. */
  readonly lines: readonly Uint8Array[]
  /** Bytes of the complete lines with their line feeds. */
  readonly size: number
  /** What follows the last line feed: the trace of a crash in the middle of an append; mostly empty. */
  readonly torn: Uint8Array
}

/** Reads `ledger.jsonl`; a file that is not there has no lines. Changes nothing. */
export async function readLedgerFile(path: string): Promise<LedgerFile> {
  const bytes = (await readIfThere(path, maxLedgerBytes)) ?? new Uint8Array()
  const lines: Uint8Array[] = []
  let start = 0
  for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return { lines, size: start, torn: bytes.slice(start) }
}

/**
 * Sets an incomplete last line aside as `ledger.jsonl.torn-<time>` and cuts it off. Returns a note for
 * people. Throws `dossier-locked` when it is not there any more as it was read: somebody else has set it aside
 * and written what must not be cut off with it, or it was only being written.
 */
export async function setTornAside(path: string, file: LedgerFile, at: Date): Promise<string> {
  const now = await readLedgerFile(path)
  if (now.size !== file.size || !Buffer.from(now.torn).equals(file.torn))
    throw writtenByAnother(path, file.size + file.torn.length, now.size + now.torn.length)
  const aside = `${path}.torn-${isoTime(at).replaceAll(':', '')}`
  await writeWhole(aside, file.torn)
  await truncate(path, file.size)
  return `its last line was incomplete (${file.torn.length} bytes, a crash while it was written) and is now in ${basename(aside)}`
}

/**
 * Adds one line and resolves once it is on stable storage. `expected` is the size that the caller read:
 * another size means that somebody else has written (`dossier-locked`), no file that the dossier is gone (`not-found`). A write that fails leaves no partial line behind.
 */
export async function appendLine(path: string, expected: number, line: Uint8Array): Promise<void> {
  await assertSize(path, expected)
  try {
    await using file = await open(path, 'a', 0o640)
    await file.writeFile(Buffer.concat([line, Uint8Array.of(lineFeed)]))
    await file.sync()
  } catch (cause) {
    await truncate(path, expected).catch(() => undefined)
    throw writeFailed(path, cause)
  }
  if (expected === 0) await syncFolder(dirname(path))
}

async function assertSize(path: string, expected: number): Promise<void> {
  const got = await sizeOf(path)
  if (got === undefined && expected > 0) throw notThere(path)
  if (got !== undefined && got !== expected) throw writtenByAnother(path, expected, got)
}

function notThere(path: string): RestituteError {
  return new RestituteError('not-found', `${basename(path)}: it is not there any more`, {
    hint: `see whether the disk with ${dirname(path)} is still mounted, then run the command again: what was done since is not in the ledger`,
  })
}

function writtenByAnother(path: string, expected: number, got: number): RestituteError {
  return new RestituteError(
    'dossier-locked',
    `${basename(path)}: expected ${expected} bytes, got ${got}: another process has written to it`,
    { hint: 'run the command again' },
  )
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
