import { closeSync, lstatSync, mkdirSync, openSync, type Stats, writeSync } from 'node:fs'
import { type FileHandle, lstat, open, opendir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'
import { applyAttributes, type NotKept } from './attributes.ts'
import { placed } from './extents.ts'
import type { VolumeEntry } from './types.ts'

/** Codes that say that two names of the package stand in each other's way. */
const collisions: ReadonlySet<string | undefined> = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'])

const takenOut =
  'what was being written there is gone: see whether its disk is still mounted; what lies on it, in clear, the next extraction to there removes'

/** Runs file system calls; what they throw becomes `hostile-input` (names that collide) or `restore-failed`. */
export async function extracting<T>(what: string, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    if (thrown instanceof RestituteError) throw thrown
    const code = systemCode(thrown)
    const message = `extracting ${what}: ${code ?? 'failed'}`
    throw new RestituteError(collisions.has(code) ? 'hostile-input' : 'restore-failed', message, {
      cause: thrown,
      ...(code === 'ENOENT' && { hint: takenOut }),
    })
  }
}

/** A place below a folder that is there. */
export interface PlaceBelow {
  readonly root: string
  readonly path: string
}

/** Writes the content of an entry to a new file, its holes as holes, then its attributes. `onBytes`: holes included. */
export async function writeFileEntry(
  entry: VolumeEntry,
  place: PlaceBelow,
  onBytes: (bytes: number) => void,
): Promise<readonly NotKept[]> {
  const { atHand } = entry
  if (atHand) return extracting(entry.source, () => writeAtHand(entry, atHand, place, onBytes))
  const file = await extracting(entry.source, () => create(place))
  try {
    await writeContent(file, entry, onBytes)
  } finally {
    await file.close()
  }
  return extracting(entry.source, () => applyAttributes(place.path, entry))
}

/** As {@link applyAttributes}, synchronous. */
function writeAtHand(
  entry: VolumeEntry,
  bytes: Uint8Array,
  place: PlaceBelow,
  onBytes: (bytes: number) => void,
): readonly NotKept[] {
  const file = createSync(place)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done)
  } finally {
    closeSync(file)
  }
  if (bytes.length > 0) onBytes(bytes.length)
  return applyAttributes(place.path, entry)
}

/** As {@link create}. */
function createSync({ root, path }: PlaceBelow): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
    makeFolders({ root, path: dirname(path) })
    return openSync(path, 'wx', 0o600)
  }
}

/** Never follows or replaces what is there. */
function create(place: PlaceBelow): Promise<FileHandle> {
  return inFolder(place, (path) => open(path, 'wx', 0o600))
}

/** Makes something in its folder, and the folder when it is not there. */
export async function inFolder<T>(
  { root, path }: PlaceBelow,
  make: (path: string) => Promise<T>,
): Promise<T> {
  try {
    return await make(path)
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown
    makeFolders({ root, path: dirname(path) })
    return make(path)
  }
}

/**
 * Makes a folder where none is, and those above it; never the root of them all: where its disk was taken out, everything else would be
 * written below the mount, and hidden there once that disk is back.
 */
export function makeFolders({ root, path }: PlaceBelow): void {
  try {
    if (path === root) lstatSync(root)
    else mkdirSync(path, { mode: 0o700 })
  } catch (thrown) {
    const code = systemCode(thrown)
    if (code === 'EEXIST' && lstatSync(path).isDirectory()) return
    if (code !== 'ENOENT' || path === root) throw thrown
    makeFolders({ root, path: dirname(path) })
    makeFolders({ root, path })
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

/**
 * Moves everything below `from` to the same place below `to`, whole folders where there is none yet, and replaces
 * nothing; `from` is gone afterwards. Nobody else may be writing below `to`.
 */
export async function promote(from: string, to: string): Promise<void> {
  for await (const found of await opendir(from)) {
    const [source, target] = [join(from, found.name), join(to, found.name)]
    const there = await statOf(target)
    if (!there) await rename(source, target)
    else if (found.isDirectory() && there.isDirectory()) await promote(source, target)
    else throw new RestituteError('hostile-input', 'extracting: a name occurs in two volumes')
  }
  await rmdir(from)
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}
