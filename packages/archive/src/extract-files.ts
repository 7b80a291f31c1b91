import { type FileHandle, lstat, mkdir, open, opendir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import type { VolumeEntry } from './types.ts'

/** Codes that say that two names of the package stand in each other's way. */
const collisions: ReadonlySet<string | undefined> = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'])

/** Runs file system calls; what they throw becomes `hostile-input` (names that collide) or `restore-failed`. */
export async function extracting<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    if (thrown instanceof RestituteError) throw thrown
    const code = systemCode(thrown)
    const message = `extracting ${what}: ${code ?? 'failed'}`
    throw new RestituteError(collisions.has(code) ? 'hostile-input' : 'restore-failed', message, {
      cause: thrown,
    })
  }
}

/** Writes the content of an entry to a new file, with its mode and time. */
export async function writeFileEntry(
  entry: VolumeEntry,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const file = await extracting(entry.source, () => create(target))
  try {
    for await (const chunk of entry.content()) {
      await extracting(entry.source, () => writeAll(file, chunk))
      onBytes(chunk.length)
    }
    await extracting(entry.source, () => applyAttributes(file, entry))
  } finally {
    await file.close()
  }
}

/** Never follows or replaces what is there. */
async function create(target: string): Promise<FileHandle> {
  try {
    return await open(target, 'wx', 0o600)
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    return open(target, 'wx', 0o600)
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
}

async function applyAttributes(file: FileHandle, entry: VolumeEntry): Promise<void> {
  await file.chmod(safeMode(entry.mode))
  const seconds = secondsOf(entry.modified)
  await file.utimes(seconds, seconds)
}

/** Without the set-user, set-group and sticky bits: a package may come from anybody. */
export function safeMode(mode: number): number {
  return mode & 0o777
}

/** Node takes seconds as a double: microseconds survive. */
export function secondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9
}

/** Moves everything below `from` to the same place below `to`, replacing nothing; `from` is gone afterwards. */
export async function promote(from: string, to: string): Promise<void> {
  for await (const found of await opendir(from)) {
    const [source, target] = [join(from, found.name), join(to, found.name)]
    if (found.isDirectory()) {
      await makeFolderOnce(target)
      await promote(source, target)
    } else {
      await refuseExisting(target)
      await rename(source, target)
    }
  }
  await rmdir(from)
}

async function makeFolderOnce(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST' || !(await lstat(path)).isDirectory()) throw thrown
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await lstat(path).catch((thrown: unknown) => {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
  })
  if (found) throw new RestituteError('hostile-input', 'extracting: a name occurs in two volumes')
}
