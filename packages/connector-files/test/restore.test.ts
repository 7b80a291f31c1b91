import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KnownItem, type RestoredEntry, systemCalls } from '@restitute/core'
import { describe, expect, it, vi } from 'vitest'
import { filesConnector } from '../src/index.ts'
import { calm, streamOf } from './support/export.ts'
import { listing, tempFolder } from './support/places.ts'

function file(item: string, content: string, part?: number): RestoredEntry {
  const bytes = Buffer.from(content)
  const chunks = () => streamOf([bytes])
  const path = `data/${item.replaceAll(/[^a-z/]/g, '_')}`
  const entry = {
    path,
    item,
    type: 'file' as const,
    size: bytes.length,
    mode: 0o644,
    modified: 0n,
    content: chunks,
  }
  return part === undefined ? entry : { ...entry, part }
}

function known(id: string, kind: string, bytes: number, attributes: KnownItem['attributes'] = {}): KnownItem {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  return { id, kind, bytes, mark: '', attributes: { mode: 0o644, mtime: '0', ...owner, ...attributes } }
}

type Facts = readonly [kind: string, bytes: number, attributes: object, leader?: string]

/** Restores items whose only content is the letter x, in a process that is not root. */
function restoreAsOrdinaryUser(target: string, items: Readonly<Record<string, Facts>>): void {
  const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  execFileSync(process.execPath, restoring(target, items), { ...identity, cwd: '/' })
}

/** The same in one that is root in a name space of its own, which knows no other user. */
function restoreInContainer(target: string, items: Readonly<Record<string, Facts>>): void {
  execFileSync('unshare', ['-r', process.execPath, ...restoring(target, items)], { cwd: '/' })
}

function restoring(target: string, items: Readonly<Record<string, Facts>>): string[] {
  const program = `
    import { filesConnector } from ${JSON.stringify(join(import.meta.dirname, '../src/index.ts'))}
    const signal = new AbortController().signal
    const source = { name: 'tree', url: 'files:' + ${JSON.stringify(target)} }
    const items = Object.entries(${JSON.stringify(items)}).map(([id, [kind, bytes, attributes, leader]]) => (
      { id, kind, bytes, mark: '', attributes: { mtime: '0', ...attributes }, ...(leader && { leader }) }))
    await using restorer = await filesConnector.restore(source, signal)
    for (const { id, kind, leader } of items) if (kind === 'file' && !leader)
      await restorer.accept({ path: 'data/' + id, item: id, type: 'file', size: 1, mode: 0, modified: 0n,
        content: async function* () { yield Buffer.from('x') } }, signal)
    await restorer.finish((async function* () { yield* items })(), signal)`
  return ['--input-type=module', '-e', program]
}

/** Restores into `target` inside a folder that also holds `outside/kept`, and tells what is there afterwards. */
async function restore(entries: readonly RestoredEntry[], items: readonly KnownItem[]) {
  const folder = await tempFolder()
  await mkdir(join(folder.path, 'outside'))
  await writeFile(join(folder.path, 'outside/kept'), 'kept', { mode: 0o640 })
  const before = listing(folder.path)
  const work = async (): Promise<void> => {
    await using restorer = await filesConnector.restore(
      { name: 'tree', url: `files:${folder.path}/target` },
      calm,
    )
    for (const entry of entries) await restorer.accept(entry, calm)
    await restorer.finish(streamOf(items), calm)
  }
  const error: unknown = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { folder, error, untouched: listing(folder.path) === before }
}

async function expectRefusal(
  code: string,
  entries: readonly RestoredEntry[],
  items: readonly KnownItem[] = [],
): Promise<void> {
  const { folder, error, untouched } = await restore(entries, items)
  await using _ = folder
  expect(error).toMatchObject({ code })
  expect(untouched).toBe(true)
}

describe('restoring never leaves the target', () => {
  it.each(['../outside/new', '/tmp/new', 'a/../../outside/new', '..', './new', 'a//b', ''])(
    'refuses an entry of %j',
    async (id) => {
      await expectRefusal('hostile-input', [file(id, 'x')])
    },
  )

  it.each(['../outside/kept', '/etc/passwd', 'a/../../outside/kept'])('refuses an item %j', async (id) => {
    await expectRefusal('hostile-input', [], [known(id, 'file', 4)])
    await expectRefusal('hostile-input', [], [known(id, 'symlink', 0, { target: 'x' })])
  })

  it('does not go through a link that came before', async () => {
    const link = known('a', 'symlink', 0, { target: '../outside' })
    await expectRefusal('hostile-input', [], [link, known('a/kept', 'file', 4, { mode: 0o777 })])
    await expectRefusal('hostile-input', [], [link, known('a/', 'directory', 0, { mode: 0o777 })])
    await expectRefusal('hostile-input', [], [link, known('a/new/', 'directory', 0)])
    await expectRefusal('hostile-input', [], [link, known('a/new', 'symlink', 0, { target: 'x' })])
  })

  it('refuses two things in one place', async () => {
    await expectRefusal('restore-failed', [file('a', 'one'), file('a', 'two')])
    await expectRefusal('hostile-input', [file('a', 'one'), file('a/b', 'two')])
    await expectRefusal('restore-failed', [file('a', '')], [known('a', 'symlink', 0, { target: 'x' })])
  })

  it('refuses an id that does not fit its type', async () => {
    await expectRefusal('hostile-input', [file('a/', 'x')])
    await expectRefusal('hostile-input', [{ ...file('a', ''), type: 'directory' }])
  })
})

describe('restoring is whole or nothing', () => {
  it('refuses a file that is missing, or has another size', async () => {
    await expectRefusal('restore-failed', [], [known('a', 'file', 3)])
    await expectRefusal('restore-failed', [file('a', 'ab')], [known('a', 'file', 3)])
    await expectRefusal('restore-failed', [{ ...file('a', 'abc'), size: 4 }], [known('a', 'file', 3)])
  })

  it('joins parts in their order, and refuses any other', async () => {
    const { folder, error } = await restore(
      [file('a', 'one, ', 1), file('b', 'x'), file('a', 'two', 2)],
      [known('a', 'file', 8), known('b', 'file', 1)],
    )
    await using _ = folder
    expect(error).toBeUndefined()
    expect(await readFile(join(folder.path, 'target/a'), 'utf8')).toBe('one, two')
    await expectRefusal('restore-failed', [file('a', 'two', 2)])
    await expectRefusal('restore-failed', [file('a', 'one', 1), file('a', 'three', 3)])
    await expectRefusal('restore-failed', [file('a', 'one', 1), file('a', 'one', 1)])
    await expectRefusal('restore-failed', [file('a', 'one', 1)], [known('a', 'file', 6)])
  })

  it('takes files before their folders, as a later package brings them', async () => {
    const folderEntry = { ...file('a/b/', ''), type: 'directory' as const }
    const { folder, error } = await restore(
      [file('a/b/c', 'x'), folderEntry],
      [
        known('./', 'directory', 0, { mode: 0o750 }),
        known('a/', 'directory', 0, { mode: 0o555 }),
        known('a/b/', 'directory', 0, { mode: 0o500, mtime: '-5000000000' }),
        known('a/b/c', 'file', 1, { mode: 0o400 }),
      ],
    )
    await using _ = folder
    expect(error).toBeUndefined()
    const modes = await Promise.all(
      ['', 'a', 'a/b', 'a/b/c'].map((path) => stat(join(folder.path, 'target', path))),
    )
    expect(modes.map(({ mode }) => (mode & 0o7777).toString(8))).toEqual(['750', '555', '500', '400'])
    expect(modes[2]?.mtimeMs).toBe(-5000)
  })

  it('makes, as an ordinary user, a further name of a file whose folder its owner may not enter', async () => {
    await using folder = await tempFolder()
    await chmod(folder.path, 0o777)
    const target = join(folder.path, 'target')
    restoreAsOrdinaryUser(target, {
      './': ['directory', 0, { mode: 0o755 }],
      'a/': ['directory', 0, { mode: 0o000 }],
      'a/b/': ['directory', 0, { mode: 0o400 }],
      'a/b/x': ['file', 1, { mode: 0o600, nlink: 2 }],
      'c/': ['directory', 0, { mode: 0o755 }],
      'c/y': ['file', 1, { mode: 0o600, nlink: 2 }, 'a/b/x'],
    })
    expect(listing(target)).toMatch(/^\.\/a\/b d 400 .*\n\.\/a\/b\/x f 600 .* 2 /m)
    expect(listing(target)).toMatch(/^\.\/a d 0 .* 0\.0+ /m)
  })

  it.runIf(spawnSync('unshare', ['-r', 'true']).status === 0)(
    'makes, as root of a container, the files of owners whom nobody knows there its own',
    async () => {
      await using folder = await tempFolder()
      const target = join(folder.path, 'target')
      restoreInContainer(target, {
        './': ['directory', 0, { uid: 4000, gid: 4000, mode: 0o755 }],
        program: ['file', 1, { uid: 4000, gid: 4000, mode: 0o4755 }],
      })
      const { uid, mode } = await stat(join(target, 'program'))
      expect([uid, mode & 0o7777]).toEqual([process.getuid?.(), 0o755])
    },
  )

  it.runIf(spawnSync('unshare', ['-r', 'true']).status === 0)(
    'gives the owning group no more than its list of access did, where that cannot be set',
    async () => {
      await using folder = await tempFolder()
      const target = join(folder.path, 'target')
      const entries = [
        [1, 6],
        [2, 6, 4000],
        [4, 4],
        [16, 6],
        [32, 0],
      ] as const
      const list = Buffer.alloc(4 + 8 * entries.length)
      list.writeUInt32LE(2)
      for (const [i, [tag, may, id = 0xffffffff]] of entries.entries()) {
        list.writeUInt16LE(tag, 4 + 8 * i)
        list.writeUInt16LE(may, 6 + 8 * i)
        list.writeUInt32LE(id, 8 + 8 * i)
      }
      const facts = { mode: 0o660, xattrs: { 'system.posix_acl_access': list.toString('base64') } }
      restoreInContainer(target, { './': ['directory', 0, { mode: 0o755 }], shared: ['file', 1, facts] })
      expect((await stat(join(target, 'shared'))).mode & 0o7777).toBe(0o640)
    },
  )

  it('passes over tag files', async () => {
    const { item: _, ...tag } = { ...file('x', '{}'), path: 'tree-000001.jsonl' }
    const { folder, error } = await restore([tag, file('a', '')], [known('a', 'file', 0)])
    await using __ = folder
    expect(error).toBeUndefined()
    expect(await readdir(join(folder.path, 'target'))).toEqual(['a'])
  })
})

describe('the target', () => {
  const restorer = (path: string) => filesConnector.restore({ name: 'tree', url: `files:${path}` }, calm)

  it('may be an empty folder, which is replaced', async () => {
    await using folder = await tempFolder()
    const target = await mkdtemp(join(folder.path, 'target-'))
    await using one = await restorer(target)
    await one.accept(file('a', 'x'), calm)
    expect(await readdir(target)).toEqual([])
    await one.finish(streamOf([known('a', 'file', 1)]), calm)
    expect(await readdir(folder.path)).toEqual([target.slice(folder.path.length + 1)])
    expect(await readdir(target)).toEqual(['a'])
  })

  it('is refused when it is a file, a link, or a folder with something in it', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'file'), '')
    await symlink('nowhere', join(folder.path, 'link'))
    await mkdir(join(folder.path, 'folder/.hidden'), { recursive: true })
    for (const name of ['file', 'link', 'folder']) {
      await expect(restorer(join(folder.path, name))).rejects.toMatchObject({ code: 'target-not-empty' })
    }
  })

  it('is refused at once where a file system is mounted: nothing could take its place', async ({ skip }) => {
    await using folder = await tempFolder()
    const target = join(folder.path, 'target')
    await mkdir(target)
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', target]).status !== 0) skip('no right to mount here')
    try {
      await expect(restorer(`${target}/`)).rejects.toMatchObject({
        code: 'usage',
        hint: expect.stringContaining('inside it') as string,
      })
      await using inside = await restorer(join(target, 'tree'))
      await inside.finish(streamOf([]), calm)
      expect(await readdir(target)).toEqual(['tree'])
    } finally {
      execFileSync('umount', [target])
    }
  })

  it('is refused with advice where it may be written to, but not the folder above', async () => {
    await using folder = await tempFolder()
    const target = join(folder.path, 'target')
    await mkdir(target)
    await chmod(target, 0o777)
    await chmod(folder.path, 0o755)
    const refused = (path: string): string => {
      try {
        restoreAsOrdinaryUser(path, { './': ['directory', 0, { mode: 0o755 }] })
        return 'restored'
      } catch (error) {
        return String((error as { stderr?: Buffer }).stderr)
      }
    }
    expect(refused(target)).toContain('name a folder inside the place')
    expect(refused(join(target, 'tree'))).toBe('restored')
  })

  it('is refused when something came there meanwhile, and that stays', async () => {
    await using folder = await tempFolder()
    const target = join(folder.path, 'target')
    {
      await using one = await restorer(target)
      await mkdir(target)
      await writeFile(join(target, 'other'), 'kept')
      await expect(one.finish(streamOf([]), calm)).rejects.toMatchObject({ code: 'restore-failed' })
    }
    expect(await readdir(folder.path)).toEqual(['target'])
    expect(await readdir(target)).toEqual(['other'])
    await rm(target, { recursive: true })
  })

  it('needs a parent', async () => {
    await using folder = await tempFolder()
    await expect(restorer(join(folder.path, 'missing/target'))).rejects.toMatchObject({
      code: 'source-unreachable',
    })
  })
})

describe.runIf(systemCalls())('a restoration that the medium does not take', () => {
  it('fails, and puts nothing into its place', async () => {
    const flush = vi.spyOn(systemCalls()!, 'syncFileSystem').mockImplementation(() => {
      throw Object.assign(new Error('syncfs: EIO'), { code: 'EIO' })
    })
    await expectRefusal('restore-failed', [file('a', 'content')], [known('a', 'file', 7)])
    flush.mockRestore()
    const { folder, error } = await restore([file('a', 'content')], [known('a', 'file', 7)])
    await using _ = folder
    expect(error).toBeUndefined()
  })
})
