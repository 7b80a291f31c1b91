import { lstatSync } from 'node:fs'
import { opendir, readdir } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { systemCode } from '@restitute/core'
import { joinPath, nameToId } from './names.ts'

/** How many names are looked at before the event loop runs again. */
const batch = 64

/**
 * What a folder holds, in no order: ids relative to it, those of folders with a final `/`. Throws the system's errors; ENOENT
 * says that the folder itself has vanished.
 */
export async function listingOf(path: Buffer): Promise<string[]> {
  try {
    return await typedListing(path)
  } catch (error) {
    // Node looks at each name where the file system does not say what it stands for, and fails when only one has vanished.
    if (systemCode(error) !== 'ENOENT') throw error
    return lookedAtListing(path)
  }
}

/** Name by name: a million entries at once would weigh several times what their names do. */
async function typedListing(path: Buffer): Promise<string[]> {
  const names: string[] = []
  // Not typed, but passed on like that of readdir: names come as bytes.
  const encoding = 'buffer' as BufferEncoding
  for await (const entry of await opendir(path, { encoding, bufferSize: 1024 }))
    names.push(idOf(Buffer.from(entry.name), entry.isDirectory()))
  return names
}

async function lookedAtListing(path: Buffer): Promise<string[]> {
  const names: string[] = []
  // One byte for each of a name's: as buffers, a million would weigh several times as much.
  for (const [i, text] of (await readdir(path, 'latin1')).entries()) {
    if (i % batch === 0) await setImmediate()
    const name = Buffer.from(text, 'latin1')
    names.push(idOf(name, isFolder(joinPath(path, name))))
  }
  return names
}

function idOf(name: Buffer, folder: boolean): string {
  return nameToId(name) + (folder ? '/' : '')
}

/** Of what has vanished, or cannot be looked at, whoever looks next tells. */
function isFolder(path: Buffer): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}
