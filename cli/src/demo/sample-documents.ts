import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The first regular files below a folder, in the order of their paths, relative to it. */
export async function sampleDocuments(root: string, count: number): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
    .slice(0, count)
}
