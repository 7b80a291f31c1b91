import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Path → content of the files of a tree; a link's target begins with `→ `, a folder ends in `/`. */
export type Tree = Readonly<Record<string, string>>

/** Writes the files of a tree below a folder. */
export async function plant(root: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path)
    await mkdir(dirname(full), { recursive: true })
    if (path.endsWith('/')) await mkdir(full, { recursive: true })
    else if (content.startsWith('→ ')) await symlink(content.slice(2), full)
    else await writeFile(full, content)
  }
}

/** What lies below a folder. */
export async function harvest(root: string): Promise<Tree> {
  const tree: Record<string, string> = {}
  for (const one of await readdir(root, { recursive: true, withFileTypes: true })) {
    const full = join(one.parentPath, one.name)
    const path = full.slice(root.length + 1)
    if (one.isDirectory()) tree[`${path}/`] = ''
    else if (one.isSymbolicLink()) tree[path] = `→ ${await readlink(full)}`
    else tree[path] = await readFile(full, 'utf8')
  }
  return tree
}

/** A tree of `files` files in a few folders with sizes up to some 10 kB, a larger file, a link and an empty folder. */
export function sampleTree(files: number): Tree {
  const tree: Record<string, string> = {
    'large.bin': 'large '.repeat(100_000),
    link: '→ d1/f1.txt',
    'empty/': '',
    'd0/': '',
  }
  for (let i = 1; i <= files; i++) {
    tree[`d${i % 4}/`] = ''
    tree[`d${i % 4}/f${i}.txt`] = `content ${i} `.repeat((i * 37) % 900)
  }
  return tree
}
