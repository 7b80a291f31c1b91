import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8, type StoredFile, systemCode } from '@restitute/core'
import { destinationError } from './directory-errors.ts'

/**
 * Everything below a folder that is no folder (symbolic links and other special files too), ascending by its whole
 * name, one folder in memory at a time. A folder that does not exist is empty. `prefix`: the folder's name with its
 * final `/`, or empty. `shallow`: no folder below is looked into.
 */
export async function* filesBelow(root: string, prefix: string, shallow = false): AsyncIterable<StoredFile> {
  for (const name of await sortedNames(join(root, prefix))) {
    if (name.endsWith('/')) {
      if (!shallow) yield* filesBelow(root, prefix + name)
    } else yield { name: prefix + name, ...(await stateOf(join(root, prefix + name))) }
  }
}

/** Folders with a final `/`: so sorted, a walk gives whole names in order (`a-b` before `a/c`). */
async function sortedNames(folder: string): Promise<string[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true })
    return found.map((f) => (f.isDirectory() ? `${f.name}/` : f.name)).sort(compareUtf8)
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw destinationError(thrown, `listing ${folder}`)
    return lookedAtNames(folder)
  }
}

/**
 * Where the file system does not say what a name stands for, each is looked at, and one that has vanished meanwhile, as an unfinished
 * file does, fails the whole list: that is not the folder itself being gone.
 */
async function lookedAtNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return []
    throw destinationError(thrown, `listing ${folder}`)
  })
  const found = await Promise.all(names.map((name) => namedAs(folder, name)))
  return found.filter((name) => name !== undefined).sort(compareUtf8)
}

async function namedAs(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await lstat(join(folder, name))).isDirectory() ? `${name}/` : name
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined
    throw destinationError(thrown, `looking at ${name}`)
  }
}

/**
 * Who writes to a file can set its modification time back, but not the time of its last change. Where a file system has
 * none (exFAT, FAT), a copy keeps its times: then device and time of making tell it from another one of the same package.
 */
async function stateOf(path: string): Promise<Omit<StoredFile, 'name'>> {
  try {
    const { size, dev, birthtimeNs, mtimeNs, ctimeNs } = await lstat(path, { bigint: true })
    return { bytes: Number(size), mark: [dev, birthtimeNs, mtimeNs, ctimeNs].join('.') }
  } catch (thrown) {
    throw destinationError(thrown, `looking at ${path}`)
  }
}
