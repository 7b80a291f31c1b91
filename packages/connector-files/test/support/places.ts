import { execFileSync } from 'node:child_process'
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutation, TestPlace } from '@restitute/conformance'
import { type SourceSpec, systemCalls } from '@restitute/core'

/** A folder of its own in which a case may do what it likes. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

export async function tempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'restitute-files-'))
  const remove = async (): Promise<void> => {
    execFileSync('chmod', ['-R', 'u+rwX', path])
    await rm(path, { recursive: true })
  }
  return { path, [Symbol.asyncDispose]: remove }
}

/** A small hospital's documents: nested, with odd names, large files, links, holes, attributes, old times, narrow modes. */
export async function populate(root: string): Promise<void> {
  await mkdir(join(root, 'patients/0001'), { recursive: true })
  await mkdir(join(root, 'patients.old'))
  await mkdir(join(root, 'empty'))
  await writeFile(join(root, 'patients/0001/letter.txt'), 'Madame, Monsieur,\n')
  await writeFile(join(root, 'patients/0001/Letter.txt'), 'differs by case')
  await writeFile(join(root, 'patients/scan.raw'), Buffer.alloc(50_000, 'scan'))
  await writeFile(join(root, 'patients.old/été: 100%.txt'), '')
  await writeFile(join(root, '-first'), 'sorts before ./')
  await symlink('0001/letter.txt', join(root, 'patients/latest'))
  await symlink('/nowhere', join(root, 'dangling'))
  await writeFile(rawName(root), 'a name that is not UTF-8')
  await writeFile(join(root, 'caf%E9'), 'a name that looks like an escape')
  await link(join(root, 'patients/scan.raw'), join(root, 'patients/0001/scan.raw'))
  await link(join(root, 'patients/scan.raw'), join(root, 'zscan.raw'))
  await link(join(root, 'dangling'), join(root, 'dangling too'))
  await writeFile(join(root, 'patients/sparse.img'), Buffer.alloc(10_000, 'data'))
  await truncate(join(root, 'patients/sparse.img'), 200_000)
  await writeFile(join(root, 'patients/hole.img'), '')
  await truncate(join(root, 'patients/hole.img'), 10_000)
  systemCalls()?.setXattr(
    Buffer.from(join(root, 'zscan.raw')),
    Buffer.from('user.binary'),
    Buffer.from([0, 255]),
  )
  systemCalls()?.makeNode(Buffer.from(join(root, 'pipe')), 0o010640)
  await utimes(join(root, '-first'), '-86400.25', '-86400.25')
  await chmod(join(root, '-first'), 0o640)
  await chmod(join(root, 'patients.old'), 0o555)
}

/** `caf\xe9` in Latin-1. */
export function rawName(root: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])])
}

/** A place for a tree in a folder of its own. */
export async function treePlace(fill?: (root: string) => Promise<void>): Promise<TestPlace> {
  const folder = await tempFolder()
  const root = join(folder.path, 'tree')
  if (fill) await mkdir(root)
  await fill?.(root)
  return {
    spec: { name: 'documents', url: `files:${root}` },
    digest: async () => listing(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** What find and sha256sum see of a folder. */
export function listing(path: string): string {
  const facts = String.raw`find . -mindepth 1 -printf '%p %y %m %U %G %T@ %s %n %l\n' | sort`
  const contents = 'find . -type f -print0 | sort -z | xargs -0r sha256sum'
  return execFileSync('sh', ['-c', `${facts}; ${contents}`], {
    cwd: path,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  }).toString('latin1')
}

export function pathOf(place: SourceSpec, id: string): string {
  return join(place.url.slice('files:'.length), id)
}

function mutation(
  name: string,
  change: Mutation['change'],
  item: string,
  apply: (path: string) => Promise<unknown>,
): Mutation {
  return {
    name,
    change,
    apply: async (place) => {
      await apply(pathOf(place, item))
      return item
    },
  }
}

const scan = 'patients/scan.raw'

export const mutations: readonly Mutation[] = [
  mutation('a file is added', 'new', 'empty/new.txt', (path) => writeFile(path, 'new')),
  mutation('a folder is added', 'new', 'empty/new/', (path) => mkdir(path)),
  mutation('a file is written anew', 'changed', scan, (path) =>
    writeFile(path, Buffer.alloc(50_000, 'SCAN')),
  ),
  mutation('one byte changes and size and time stay', 'changed', scan, async (path) => {
    const bytes = Buffer.alloc(50_000, 'scan')
    bytes[40_000] = 1
    const before = execFileSync('stat', ['-c', '%.9Y', path]).toString().trim()
    await writeFile(path, bytes)
    execFileSync('touch', ['-d', `@${before}`, path])
  }),
  mutation('a file grows', 'changed', scan, (path) => writeFile(path, 'more', { flag: 'a' })),
  mutation('a hard link becomes a file of its own', 'changed', 'zscan.raw', async (path) => {
    execFileSync('cp', ['-p', '--preserve=xattr', path, `${path}.new`])
    await rename(`${path}.new`, path)
  }),
  mutation('an extended attribute changes', 'changed', 'patients/0001/scan.raw', async (path) => {
    systemCalls()?.setXattr(Buffer.from(path), Buffer.from('user.binary'), Buffer.from([1]))
  }),
  mutation('a pipe is removed', 'removed', 'pipe', (path) => rm(path)),
  mutation('a mode changes', 'changed', scan, (path) => chmod(path, 0o600)),
  mutation('a time changes', 'changed', scan, (path) => utimes(path, 1, 1)),
  mutation('a link points elsewhere', 'changed', 'dangling', async (path) => {
    await rm(path)
    await symlink('/elsewhere', path)
  }),
  mutation('a file is removed', 'removed', 'patients/0001/letter.txt', (path) => rm(path)),
  mutation('a folder is removed', 'removed', 'empty/', (path) => rm(path, { recursive: true })),
  mutation('a file becomes a folder', 'removed', '-first', async (path) => {
    await rm(path)
    await mkdir(path)
  }),
]
