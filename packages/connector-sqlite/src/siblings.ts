import { open, opendir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Sibling, type SourceSpec, systemCode, throwIfInterrupted } from '@restitute/core'
import { pathOf, realFile, unreachable } from './location.ts'

const magic = Buffer.from('SQLite format 3\0')

/** Other files in the same folder that begin as SQLite databases do; those that cannot be read are left out. */
export async function* siblingsOf(source: SourceSpec, signal: AbortSignal): AsyncIterable<Sibling> {
  const file = await realFile(pathOf(source.url))
  for await (const entry of await openFolder(dirname(file))) {
    throwIfInterrupted(signal)
    const path = join(dirname(file), entry.name)
    const bytes = entry.isFile() && path !== file ? await databaseBytes(path) : undefined
    if (bytes !== undefined) yield { url: `sqlite:${path}`, kind: 'sqlite', bytes }
  }
}

async function openFolder(path: string): ReturnType<typeof opendir> {
  try {
    return await opendir(path)
  } catch (error) {
    throw unreachable(path, error)
  }
}

async function databaseBytes(path: string): Promise<number | undefined> {
  try {
    await using handle = await open(path)
    const { buffer } = await handle.read({ buffer: Buffer.alloc(magic.length), position: 0 })
    return buffer.equals(magic) ? (await handle.stat()).size : undefined
  } catch (error) {
    if (systemCode(error)) return undefined
    throw error
  }
}
