import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * SHA-256 over a tree: every path, type, mode and content. Equal digests: equal trees, access times aside, and what lies
 * under paths that `but` fits.
 */
export async function treeDigest(root: string, but?: RegExp): Promise<string> {
  await lstat(root)
  const hash = createHash('sha256')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  for (const path of paths.filter((one) => but?.test(relative(root, one)) !== true)) {
    const info = await lstat(path)
    const content = info.isFile() ? await readFile(path) : info.isSymbolicLink() ? await readlink(path) : ''
    hash
      .update(`${relative(root, path)}\0${info.mode}\0`)
      .update(createHash('sha256').update(content).digest())
  }
  return hash.digest('hex')
}
