import { existsSync, statSync } from 'node:fs'
import { link, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DestroyStep, Sighting } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { methodOf } from '../src/destroy/method.ts'
import { diskConnector } from '../src/index.ts'
import { calm } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const ready = havePrograms('qemu-img', 'qemu-nbd')

async function destroyed(url: string): Promise<DestroyStep[]> {
  await using destroyer = await diskConnector.destroyer({ name: 'guest', url }, calm)
  return await Array.fromAsync(destroyer.destroy(calm))
}

async function seen(url: string): Promise<Sighting> {
  await using prober = await diskConnector.prober({ name: 'guest', url }, calm)
  return await prober.look(calm)
}

/** base ← middle ← leaf, in a folder. */
async function chain(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'base.raw'), Buffer.alloc(2 ** 20, 'base'))
  for (const [base, name, format] of [
    ['base.raw', 'middle.qcow2', 'raw'],
    ['middle.qcow2', 'leaf.qcow2', 'qcow2'],
  ] as const) {
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', format, join(folder, name))
  }
  return join(folder, 'leaf.qcow2')
}

describe.skipIf(!ready)('siblings', () => {
  it('are images by what they look like, too: an overlay need not be called one', async () => {
    await using temp = await tempFolder()
    const leaf = await chain(temp.path)
    const overlay = join(temp.path, 'leaf.snap1')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', leaf, '-F', 'qcow2', overlay)
    await writeFile(join(temp.path, 'notes.txt'), 'no image')
    const found = await Array.fromAsync(diskConnector.siblings({ name: 'guest', url: `disk:${leaf}` }, calm))
    expect(found).toEqual([{ url: `disk:${overlay}`, kind: 'image' }])
  })
})

describe.skipIf(!ready)('a destruction', () => {
  it('goes from the leaf of a chain to its root', async () => {
    await using temp = await tempFolder()
    const leaf = await chain(temp.path)
    const steps = await destroyed(`disk:${leaf}`)
    expect(steps.map(({ object }) => object.slice(temp.path.length + 1))).toEqual([
      'leaf.qcow2',
      'middle.qcow2',
      'base.raw',
    ])
    expect((await seen(`disk:${leaf}`)).state).toBe('absent')
  })

  it('goes on after an interruption with the rest of the chain, which the prober does not call gone', async () => {
    await using temp = await tempFolder()
    const url = `disk:${await chain(temp.path)}`
    const before = await seen(url)
    {
      await using destroyer = await diskConnector.destroyer({ name: 'guest', url }, calm)
      for await (const _ of destroyer.destroy(calm)) break
    }
    expect(existsSync(join(temp.path, 'leaf.qcow2'))).toBe(false)
    expect(await seen(url)).toMatchObject({ state: 'present', fingerprint: before.fingerprint })
    expect(await destroyed(url)).toHaveLength(2)
    expect((await seen(url)).state).toBe('absent')
    expect(run('ls', '-A', temp.path)).toBe('')
  })

  it('believes no list that names files outside the machine', async () => {
    await using temp = await tempFolder()
    const [leaf, victim] = [await chain(join(temp.path, 'machine')), join(temp.path, 'victim')]
    await writeFile(victim, 'another’s')
    const { dev, ino } = statSync(victim, { bigint: true })
    const files = [{ path: victim, dev: String(dev), ino: String(ino), bytes: 1 }]
    const list = { fingerprint: '0000-0000-0000', files, folder: false, kept: 0 }
    await writeFile(`${leaf}.restitute-destroying`, JSON.stringify(list))
    await expect(destroyed(`disk:${leaf}`)).rejects.toMatchObject({ code: 'destroy-failed' })
    expect([existsSync(victim), existsSync(leaf)]).toEqual([true, true])
    expect((await seen(`disk:${leaf}`)).state).toBe('could-not-check')
  })

  it('keeps backing files that other images use, and says so', async () => {
    await using temp = await tempFolder()
    const leaf = await chain(temp.path)
    const other = join(temp.path, 'other.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'middle.qcow2', '-F', 'qcow2', other)
    await using destroyer = await diskConnector.destroyer({ name: 'guest', url: `disk:${leaf}` }, calm)
    expect(destroyer.method.limits.join()).toContain('files that other machines use are kept')
    const steps = await Array.fromAsync(destroyer.destroy(calm))
    expect(steps.map(({ action, kept }) => kept ?? action)).toEqual([
      'unlink',
      { reason: 'shared', count: 2 },
    ])
    expect(run('qemu-img', 'check', other)).toContain('No errors')
  })

  it('keeps a disk that the description of another machine names, too, and says so', async () => {
    await using temp = await tempFolder()
    await mkdir(join(temp.path, 'etc'))
    await mkdir(join(temp.path, 'images'))
    for (const name of ['one', 'other', 'shared'])
      await writeFile(join(temp.path, `images/${name}.raw`), Buffer.alloc(2 ** 20, name))
    const disk = (name: string, target: string): string =>
      `<disk><source file='${temp.path}/images/${name}.raw'/><target dev='${target}'/></disk>`
    const described = (name: string, own: string): string =>
      `<domain><name>${name}</name><devices>${disk(own, 'vda')}${disk('shared', 'vdb')}</devices></domain>`
    await writeFile(join(temp.path, 'etc/one.xml'), described('one', 'one'))
    await writeFile(join(temp.path, 'etc/one-as-it-was.xml'), described('one', 'one'))
    await writeFile(join(temp.path, 'etc/other.xml'), described('other', 'other'))
    const steps = await destroyed(`disk:${temp.path}/etc/one.xml?folder=${temp.path}/images`)
    expect(steps.at(-1)?.kept).toEqual({ reason: 'shared', count: 1 })
    const left = ['one', 'other', 'shared'].filter((name) =>
      existsSync(join(temp.path, `images/${name}.raw`)),
    )
    expect(left).toEqual(['other', 'shared'])
  })

  it.each(['a', 'a/..'])(
    'takes no base from a machine in a folder beside, or in one of its own: %s',
    async (own) => {
      await using temp = await tempFolder()
      const leaf = await chain(join(temp.path, own))
      const clone = join(temp.path, 'b', 'clone.qcow2')
      await mkdir(join(temp.path, 'b'))
      const base = join(temp.path, own, 'base.raw')
      run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', clone)
      await using destroyer = await diskConnector.destroyer({ name: 'guest', url: `disk:${leaf}` }, calm)
      expect(destroyer.method.limits.join()).toContain('those beside them alone')
      const steps = await Array.fromAsync(destroyer.destroy(calm))
      expect(steps.at(-1)?.kept).toEqual({ reason: 'shared', count: 1 })
      expect(run('qemu-img', 'check', clone)).toContain('No errors')
      expect(existsSync(base)).toBe(true)
    },
  )

  it('of a folder is refused before anything is gone where a machine in another one is based on what is in it', async () => {
    await using temp = await tempFolder()
    const [folder, clone] = [join(temp.path, 'a'), join(temp.path, 'b', 'clone.qcow2')]
    const leaf = await chain(folder)
    await mkdir(join(temp.path, 'b'))
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', join(folder, 'base.raw'), '-F', 'raw', clone)
    await expect(destroyed(`disk:${folder}`)).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('base.raw: other images are based on it'),
      hint: expect.stringContaining('rebase'),
    })
    expect(existsSync(leaf)).toBe(true)
  })

  it.each(['leaf.snap1', 'disk', 'overlay.img'])(
    'is refused for an image on which one called %s is based, in whatever folder of the machine',
    async (name) => {
      await using temp = await tempFolder()
      const [folder, more] = [join(temp.path, 'machine'), join(temp.path, 'more')]
      const leaf = await chain(folder)
      await mkdir(more)
      const [beside, elsewhere] = [join(folder, name), join(more, name)]
      run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', leaf, '-F', 'qcow2', beside)
      await expect(destroyed(`disk:${leaf}`)).rejects.toMatchObject({ code: 'destroy-failed' })
      const moved = join(more, 'base.raw')
      await rename(join(folder, 'base.raw'), moved)
      run('qemu-img', 'rebase', '-u', '-b', moved, '-F', 'raw', join(folder, 'middle.qcow2'))
      await rename(beside, elsewhere)
      await expect(destroyed(`disk:${leaf}?folder=${more}`)).rejects.toMatchObject({ code: 'destroy-failed' })
      expect(existsSync(leaf)).toBe(true)
    },
  )

  it('keeps templates of a declared folder', async () => {
    await using temp = await tempFolder()
    const templates = join(temp.path, 'templates')
    const base = await chain(templates)
    const own = join(temp.path, 'own.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', own)
    await destroyed(`disk:${own}?backing=${templates}`)
    expect([existsSync(own), existsSync(base)]).toEqual([false, true])
  })

  it('is refused for an image that others are based on, and for one with other names', async () => {
    await using temp = await tempFolder()
    await chain(temp.path)
    await expect(destroyed(`disk:${join(temp.path, 'middle.qcow2')}`)).rejects.toMatchObject({
      code: 'destroy-failed',
    })
    const [raw, alias] = [join(temp.path, 'x.raw'), join(temp.path, 'elsewhere')]
    await writeFile(raw, 'content')
    await link(raw, alias)
    await expect(destroyed(`disk:${raw}`)).rejects.toMatchObject({ code: 'destroy-failed' })
    expect(await readFile(alias, 'utf8')).toBe('content')
  })

  it.each(['overwrite', 'discard'])('by %s leaves no content in the blocks of the file', async (how) => {
    await using temp = await tempFolder()
    const [path, held] = [join(temp.path, 'x.raw'), join(temp.path, 'held')]
    await writeFile(path, Buffer.alloc(3_000_000, 'patient'))
    await using destroyer = await diskConnector.destroyer(
      { name: 'guest', url: `disk:${path}?destroy=${how}` },
      calm,
    )
    for await (const { action } of destroyer.destroy(calm)) {
      if (action === how) await link(path, held)
    }
    expect(existsSync(path)).toBe(false)
    expect((await readFile(held)).every((byte) => byte === 0)).toBe(true)
  })

  it.each([
    ['an ext4 file system on a magnetic disk', [{ fileSystem: 'ext4', magnetic: true }], 'clear'],
    ['flash', [{ fileSystem: 'ext4', magnetic: false }], 'none'],
    ['copy-on-write', [{ fileSystem: 'btrfs', magnetic: true }], 'none'],
    [
      'two of which one is not',
      [
        { fileSystem: 'ext4', magnetic: true },
        { fileSystem: '', magnetic: false },
      ],
      'none',
    ],
    ['nothing that is known', [], 'none'],
  ])('by overwriting on %s is called what it is', (_, storages, category) => {
    const doomed = { fingerprint: '', files: [], folder: false, kept: 0 }
    expect(methodOf({ ...doomed, how: 'overwrite' }, storages).category).toBe(category)
    expect(methodOf(doomed, storages).category).toBe('none')
  })
})
