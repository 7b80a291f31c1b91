import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { compareUtf8, type Destination, RestituteError } from '@restitute/core'

/** The files of a package: name → bytes. */
export type Files = ReadonlyMap<string, Buffer>

/** Every file below a folder. */
export async function filesOf(folder: string): Promise<Files> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  return new Map(
    await Promise.all(paths.map(async (path) => [relative(folder, path), await readFile(path)] as const)),
  )
}

/** Files in memory as a destination to read from. */
export function inMemory(files: Files): Destination {
  const refused = async (): Promise<never> => {
    throw new Error('read only')
  }
  return {
    url: 'memory:',
    create: refused,
    async *read(name, { offset = 0 } = {}) {
      const bytes = files.get(name)
      if (!bytes) throw new RestituteError('not-found', `${name}: not there`)
      yield bytes.subarray(offset)
    },
    async *list() {
      const names = [...files.keys()].sort(compareUtf8)
      for (const name of names) yield { name, bytes: files.get(name)?.length ?? 0 }
    },
    remove: refused,
    sweep: refused,
    parentIsThere: async () => true,
    freeBytes: async () => undefined,
  }
}
