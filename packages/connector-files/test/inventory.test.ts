import { execFileSync } from 'node:child_process'
import { chmod, link, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesConnector } from '../src/index.ts'
import { calm, freeze, inventory } from './support/export.ts'
import { asOrdinaryUser } from './support/ordinary-user.ts'
import { populate, rawName, tempFolder } from './support/places.ts'

describe('the inventory of a tree', () => {
  it('lists what find lists, in the order of the bytes', async () => {
    await using folder = await tempFolder()
    await populate(folder.path)
    await rm(rawName(folder.path))
    const script = String.raw`find . -mindepth 1 \( -type d -printf '%P/\n' -o -printf '%P\n' \); echo ./`
    const found = execFileSync('sh', ['-c', `(${script}) | LC_ALL=C sort`], { cwd: folder.path }).toString()
    const ids = (await inventory(folder.path)).map(({ id }) => id.replace('caf%25E9', 'caf%E9'))
    expect(ids).toEqual(found.trimEnd().split('\n'))
  })

  it('sorts a folder by its name with the slash', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'a'))
    for (const name of ['a/z', 'a-b', 'a.b', 'a0', '!', '..c']) await writeFile(join(folder.path, name), '')
    const ids = (await inventory(folder.path)).map(({ id }) => id)
    expect(ids).toEqual(['!', '..c', './', 'a-b', 'a.b', 'a/', 'a/z', 'a0'])
  })

  it('states kind, size, mode, owner, time and target', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'file'), '12345', { mode: 0o640 })
    await utimes(join(folder.path, 'file'), '-1.5', '-1.5')
    await symlink('file', join(folder.path, 'link'))
    await symlink(Buffer.from([0xff]), join(folder.path, 'raw-link'))
    const [, file, symbolic, raw] = await inventory(folder.path)
    const owner = { uid: process.getuid?.(), gid: process.getgid?.() }
    expect(file).toMatchObject({
      id: 'file',
      kind: 'file',
      bytes: 5,
      attributes: { ...owner, mode: 0o640, mtime: '-1500000000' },
    })
    expect(symbolic).toMatchObject({
      id: 'link',
      kind: 'symlink',
      bytes: 0,
      attributes: { ...owner, target: 'file' },
    })
    expect(raw).toMatchObject({ id: 'raw-link', attributes: { rawTarget: '/w==' } })
    expect(symbolic?.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('keeps the true name where the id cannot show it', async () => {
    await using folder = await tempFolder()
    await mkdir(rawName(folder.path))
    await writeFile(Buffer.concat([rawName(folder.path), Buffer.from('/a')]), '')
    const [, , inside] = await inventory(folder.path)
    expect(inside?.id).toBe('caf%E9/a')
    expect(inside?.attributes?.['rawName']).toBe(Buffer.from('caf\xe9/a', 'latin1').toString('base64'))
  })

  it('gives every later name of a file its first one as leader, also across folders', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'b'))
    await writeFile(join(folder.path, 'b/first'), 'shared')
    for (const name of ['b/second', 'c', 'z'])
      await link(join(folder.path, 'b/first'), join(folder.path, name))
    await writeFile(join(folder.path, 'a'), 'alone')
    const leaders = (await inventory(folder.path)).map(({ id, leader }) => [id, leader])
    expect(leaders).toEqual([
      ['./', undefined],
      ['a', undefined],
      ['b/', undefined],
      ['b/first', undefined],
      ['b/second', 'b/first'],
      ['c', 'b/first'],
      ['z', 'b/first'],
    ])
  })

  it('declares special files and never opens them', async () => {
    await using folder = await tempFolder()
    execFileSync('mkfifo', [join(folder.path, 'fifo')])
    const server = createServer().listen(join(folder.path, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    const items = await inventory(folder.path)
    server.close()
    expect(items.slice(1).map((item) => [item.id, item.kind, item.lost])).toEqual([
      ['fifo', 'fifo', undefined],
      ['socket', 'socket', undefined],
    ])
  })

  it('lists what cannot be read as lost, and goes on', async () => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(join(root, 'closed'), { recursive: true })
    await mkdir(join(root, 'names-only'))
    for (const name of ['closed/in', 'names-only/in', 'secret', 'z']) await writeFile(join(root, name), '')
    await chmod(folder.path, 0o755)
    await chmod(join(root, 'closed'), 0)
    await chmod(join(root, 'names-only'), 0o444)
    await chmod(join(root, 'secret'), 0)
    const items = asOrdinaryUser<[string, string | null][]>(
      `items.map((item) => [item.id, item.lost ?? null])`,
      root,
    )
    const denied = 'cannot be read: EACCES'
    expect(items).toEqual([
      ['./', null],
      ['closed/', denied],
      ['names-only/', null],
      ['names-only/in', denied],
      ['secret', denied],
      ['z', null],
    ])
  })

  it('has a mark that changes with whatever is done to a file', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'a')
    await writeFile(path, 'one')
    const mark = async (): Promise<string | undefined> =>
      (await inventory(folder.path)).find(({ id }) => id === 'a')?.mark
    const marks = [await mark(), await mark()]
    expect(marks[0]).toBe(marks[1])
    await chmod(path, 0o600)
    marks.push(await mark())
    await utimes(path, 5, 5)
    marks.push(await mark())
    await writeFile(`${path}.new`, 'one')
    await utimes(`${path}.new`, 5, 5)
    await chmod(`${path}.new`, 0o600)
    await rename(`${path}.new`, path)
    marks.push(await mark())
    expect(new Set(marks).size).toBe(4)
  })
})

describe('the view of a tree', () => {
  it('follows a link to the root, and says so', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'real'))
    await symlink('real', join(folder.path, 'link'))
    const [real, linked] = [await freeze(join(folder.path, 'real')), await freeze(join(folder.path, 'link'))]
    expect(linked.view.fingerprint).toBe(real.view.fingerprint)
    expect(linked.view.point).toContain(
      `${join(folder.path, 'real')} (given as ${join(folder.path, 'link')})`,
    )
    expect(real.view.point).not.toContain('given as')
  })

  it('is consistent per item, or as a whole when the tree is declared quiesced', async () => {
    await using folder = await tempFolder()
    const spec = { name: 'tree', url: `files:${folder.path}`, quiesced: true }
    expect((await freeze(folder.path)).view.consistency).toBe('per-item')
    expect((await filesConnector.freeze(spec, calm)).view.consistency).toBe('quiesced')
  })

  it.each(['files:relative', 'files:', 'sqlite:/x', 'files:/a\0b'])('refuses the url %j', async (url) => {
    const frozen = filesConnector.freeze({ name: 'tree', url }, calm)
    await expect(frozen).rejects.toMatchObject({ code: 'usage' })
  })

  it('refuses a root that is no folder', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'file'), '')
    await expect(freeze(join(folder.path, 'file'))).rejects.toMatchObject({ code: 'usage' })
  })

  it('is lost when another tree has come in its place', async () => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(root)
    const { view } = await freeze(root)
    await rename(root, `${root}.old`)
    await mkdir(root)
    const joined = filesConnector.join({ name: 'tree', url: `files:${root}` }, view, calm)
    await expect(joined).rejects.toMatchObject({ code: 'source-view-lost' })
  })
})
