import { type FileHandle, lstat, mkdir, open, opendir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { applyAttributes, type NotKept } from './attributes.ts'
import { placed } from './extents.ts'
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

/** Writes the content of an entry to a new file, its holes as holes, then its attributes. `onBytes`: holes included. */
export async function writeFileEntry(
  entry: VolumeEntry,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<readonly NotKept[]> {
  const file = await extracting(entry.source, () => create(target))
  try {
    await writeContent(file, entry, onBytes)
  } finally {
    await file.close()
  }
  return extracting(entry.source, () => applyAttributes(target, entry))
}

/** Never follows or replaces what is there. */
function create(target: string): Promise<FileHandle> {
  return inFolder(dirname(target), () => open(target, 'wx', 0o600))
}

/** Makes something in a folder, and the folder when it is not there. */
export async function inFolder<T>(folder: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return make()
  }
}

async function writeContent(
  file: FileHandle,
  entry: VolumeEntry,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let written = 0
  const { size, extents = [{ offset: 0, length: size }] } = entry
  for await (const { at, bytes } of placed(entry.content(), extents)) {
    await extracting(entry.source, () => writeAll(file, bytes, at))
    written += bytes.length
    onBytes(bytes.length)
  }
  if (written === size) return
  await extracting(entry.source, () => file.truncate(size))
  onBytes(size - written)
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
  }
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
