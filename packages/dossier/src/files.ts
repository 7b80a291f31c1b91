import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isFull, RestituteError, shellWord, systemCode } from '@restitute/core'

/**
 * The bytes of a regular file of at most `limit` bytes. Throws `not-found`, also for what is no regular file,
 * and `hostile-input` when it is larger.
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  await using file = await openFile(path)
  const stat = await file.stat()
  if (!stat.isFile()) throw new RestituteError('not-found', `${basename(path)}: not a regular file`)
  if (stat.size > limit) throw tooLarge(path, limit, stat.size)
  const { bytesRead, buffer } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0)
  return new Uint8Array(buffer.subarray(0, bytesRead))
}

// Not blocking: a named pipe in the place of a file must not hang the reader.
async function openFile(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    const code = systemCode(cause)
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new RestituteError('not-found', `${basename(path)}: ${why}`, {
      cause,
      details: { path },
      ...(code === 'EACCES' && { hint: otherAccount(path) }),
    })
  }
}

function tooLarge(path: string, limit: number, size: number): RestituteError {
  return new RestituteError(
    'hostile-input',
    `${basename(path)}: expected at most ${limit} bytes, got ${size}`,
  )
}

// What a command of root has written in somebody's dossier: without this, whoever is refused removes what guards the ledger.
function otherAccount(path: string): string {
  return `go on as the account that it belongs to (ls -l ${shellWord(path)}), or have it given to this one (chown): remove nothing`
}

/** Like {@link readBounded}, but undefined when there is nothing at `path`. */
export async function readIfThere(path: string, limit: number): Promise<Uint8Array | undefined> {
  try {
    return await readBounded(path, limit)
  } catch (thrown) {
    if (thrown instanceof RestituteError && systemCode(thrown.cause) === 'ENOENT') return undefined
    throw thrown
  }
}

/** Writes a whole file so that after a crash it is there whole or not at all; replaces what was there. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(8).toString('hex')}`)
  try {
    await writeSynced(temporary, bytes)
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw writeFailed(path, cause)
  }
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o640)
  await file.writeFile(bytes)
  await file.sync()
}

/** Makes new names in a folder survive a crash. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

/** A failed write as one of our errors: `destination-full` or `destination-failed`. */
export function writeFailed(path: string, cause: unknown): RestituteError {
  const code = isFull(cause) ? 'destination-full' : 'destination-failed'
  const refused = ['EACCES', 'EPERM', 'EROFS'].includes(systemCode(cause) ?? '')
  return new RestituteError(code, `${basename(path)}: cannot be written (${systemCode(cause)})`, {
    cause,
    ...(refused && {
      hint: `look at ${dirname(path)}: who may write there, and whether it is mounted for it`,
    }),
  })
}
