import { constants } from 'node:fs'
import { type FileHandle, open, realpath, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Destination, StoredFile } from '@restitute/core'
import { ahead, MemoryByTurns, nameProblem, RestituteError, systemCalls, systemCode } from '@restitute/core'
import { checkSignal, chunkBytes } from './chunks.ts'
import { attempting, destinationError } from './directory-errors.ts'
import { filesBelow } from './directory-walk.ts'
import { createPendingFile, makeFolder, syncFolder, unfinishedPrefix } from './pending-file.ts'

/**
 * A folder as a destination. The folder is made (0700) by the first `create`; until then it lists as empty.
 * Files are written under `.tmp-…` beside their place, made stable and renamed. Nothing is read through a symbolic
 * link inside the folder (`hostile-input`): a package may come from anybody. Names must be relative and plain
 * (`usage`). `fresh` drops the file from the page cache first, where the system can.
 */
export function directoryDestination(path: string): Destination {
  const root = resolve(path)
  return {
    url: `directory:${root}`,
    create: (name) => create(root, name),
    read: (name, options = {}) => read(root, name, options),
    list: ({ unfinished = false, shallow = false } = {}) => list(root, unfinished, shallow),
    remove: (name) => remove(root, name),
    sweep: () => sweep(root),
    parentIsThere: () => parentIsThere(root),
    freeBytes: () => freeBytes(root),
  }
}

async function create(root: string, name: string): ReturnType<Destination['create']> {
  const target = within(root, name)
  await attempting(`making the folder of ${name} in ${root}`, async () => {
    await makeFolder(dirname(target))
    await checkFolder(root, name)
  }).catch((thrown: unknown) => {
    throw unreachable(thrown)
  })
  return createPendingFile(target, name)
}

/** A folder that cannot be made is a place that cannot be reached, whatever is missing of it. */
function unreachable(thrown: unknown): unknown {
  if (!(thrown instanceof RestituteError) || !['not-found', 'destination-failed'].includes(thrown.code))
    return thrown
  return new RestituteError('destination-unreachable', thrown.message, { cause: thrown.cause })
}

async function* read(
  root: string,
  name: string,
  options: { offset?: number; fresh?: boolean; lent?: boolean; signal?: AbortSignal },
): AsyncIterable<Uint8Array> {
  await using file = await openForReading(root, name)
  if (options.fresh) dropPageCache(file.fd)
  yield* ahead(chunksOf(file, name, options))
}

/** `lent`: one piece of memory is read into while the other is being used. */
async function* chunksOf(
  file: FileHandle,
  name: string,
  options: { offset?: number; lent?: boolean; signal?: AbortSignal },
): AsyncIterable<Uint8Array> {
  let position = options.offset ?? 0
  let memory = new MemoryByTurns(chunkBytes)
  while (true) {
    checkSignal(options.signal)
    const chunk = await readAt(file, { position, buffer: memory.now }, name)
    if (chunk.length === 0) return
    position += chunk.length
    yield chunk
    if (options.lent) memory.turn()
    else memory = new MemoryByTurns(chunkBytes)
  }
}

async function readAt(
  file: FileHandle,
  { position, buffer }: { readonly position: number; readonly buffer: Buffer },
  name: string,
): Promise<Uint8Array> {
  const { bytesRead } = await attempting(`reading ${name}`, () => file.read(buffer, 0, chunkBytes, position))
  return buffer.subarray(0, bytesRead)
}

async function openForReading(root: string, name: string): Promise<FileHandle> {
  const target = within(root, name)
  // Not to wait for the other end of a pipe.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  return attempting(`opening ${name}`, async () => {
    await checkFolder(root, name)
    const file = await open(target, flags)
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new RestituteError('hostile-input', `${name}: expected a regular file`)
  })
}

/** That no folder on the way from the root to the file is a symbolic link. */
async function checkFolder(root: string, name: string): Promise<void> {
  const folder = await realpath(dirname(within(root, name)))
  if (folder === dirname(within(await realpath(root), name))) return
  throw new RestituteError('hostile-input', `${name}: its folder is a symbolic link`)
}

function within(root: string, name: string): string {
  const problem = nameProblem(name)
  if (problem) throw new RestituteError('usage', `file name ${JSON.stringify(name)} ${problem}`)
  return join(root, ...name.split('/'))
}

async function* list(root: string, unfinished: boolean, shallow: boolean): AsyncIterable<StoredFile> {
  for await (const file of filesBelow(root, '', shallow)) {
    if (unfinished || !isUnfinished(file.name)) yield file
  }
}

async function remove(root: string, name: string): Promise<void> {
  await attempting(`removing ${name}`, async () => {
    await checkFolder(root, name)
    await rm(within(root, name))
    await syncFolder(dirname(within(root, name)))
  })
}

async function sweep(root: string): Promise<void> {
  for await (const { name } of filesBelow(root, '')) {
    if (isUnfinished(name))
      await attempting(`removing ${name}`, () => rm(within(root, name), { force: true }))
  }
}

function isUnfinished(name: string): boolean {
  return name.slice(name.lastIndexOf('/') + 1).startsWith(unfinishedPrefix)
}

/** What cannot be looked into is as good as not there: nothing is known of what lies in it. */
async function parentIsThere(root: string): Promise<boolean> {
  try {
    return (await stat(dirname(root))).isDirectory()
  } catch {
    return false
  }
}

/** Of the nearest folder that exists. */
async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (thrown) {
    const above = dirname(path)
    if (systemCode(thrown) === 'ENOENT' && above !== path && path.includes(sep)) return freeBytes(above)
    throw destinationError(thrown, `reading the free space of ${path}`)
  }
}

/** Best effort: a read-back that is served from memory still proves what was handed to the system. */
function dropPageCache(fd: number): void {
  try {
    systemCalls()?.dropPageCache(fd)
  } catch {
    // Not every file system has a cache to drop.
  }
}
