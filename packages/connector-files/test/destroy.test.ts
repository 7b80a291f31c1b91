import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, rename, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Destroyer, DestroyStep, Sighting } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { filesConnector } from '../src/index.ts'
import { calm } from './support/export.ts'
import { asOrdinaryUser } from './support/ordinary-user.ts'
import { listing, populate, tempFolder } from './support/places.ts'

const destroyer = (root: string): Promise<Destroyer> =>
  filesConnector.destroyer({ name: 'tree', url: `files:${root}` }, calm)
const count = (steps: readonly DestroyStep[]): number =>
  steps.reduce((sum, step) => sum + (step.count ?? 0), 0)

async function look(root: string): Promise<Sighting> {
  await using prober = await filesConnector.prober({ name: 'tree', url: `files:${root}` }, calm)
  return await prober.look(calm)
}

async function populated(folder: string): Promise<string> {
  const root = join(folder, 'tree')
  await mkdir(root)
  await populate(root)
  return root
}

describe('the destroyer of a tree', () => {
  it('removes what its plan counted, and nothing beside it', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'beside'), 'kept')
    const before = listing(folder.path)
    const one = await destroyer(await populated(folder.path))
    const plan = await Array.fromAsync(one.plan(calm))
    const steps = await Array.fromAsync(one.destroy(calm))
    expect(count(steps)).toBe(count(plan))
    expect(plan.map((step) => step.count)).toEqual([15, 5])
    expect(listing(folder.path)).toBe(before)
  })

  it('removes links and leaves what they point to', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'outside'))
    await writeFile(join(folder.path, 'outside/kept'), 'kept')
    const before = listing(folder.path)
    const root = await populated(folder.path)
    await symlink('../outside', join(root, 'folder-link'))
    await symlink('../outside/kept', join(root, 'file-link'))
    await Array.fromAsync((await destroyer(root)).destroy(calm))
    expect(listing(folder.path)).toBe(before)
  })

  it('removes, as an ordinary user, folders that their owner may not read', async () => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(join(root, 'closed/deep'), { recursive: true })
    await writeFile(join(root, 'closed/deep/in'), '')
    await chmod(folder.path, 0o777)
    await chmod(join(root, 'closed/deep'), 0o300)
    await chmod(join(root, 'closed'), 0)
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', root])
    const steps = asOrdinaryUser<DestroyStep[]>(
      'await Array.fromAsync((await filesConnector.destroyer(source, signal)).destroy(signal))',
      root,
    )
    expect(count(steps)).toBe(4)
    expect(existsSync(root)).toBe(false)
  })

  it('never names a file in its steps', async () => {
    await using folder = await tempFolder()
    const one = await destroyer(await populated(folder.path))
    const steps = [...(await Array.fromAsync(one.plan(calm))), ...(await Array.fromAsync(one.destroy(calm)))]
    expect(JSON.stringify(steps)).not.toMatch(/patients|letter|scan/)
  })

  it('refuses a tree that came in the place of the one it was opened for', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const one = await destroyer(root)
    await rename(root, `${root}.moved`)
    await mkdir(root)
    await writeFile(join(root, 'of another client'), 'kept')
    const before = listing(folder.path)
    await expect(Array.fromAsync(one.destroy(calm))).rejects.toMatchObject({ code: 'destroy-failed' })
    await expect(Array.fromAsync(one.plan(calm))).rejects.toMatchObject({ code: 'destroy-failed' })
    expect(listing(folder.path)).toBe(before)
  })

  it('goes on after an interruption', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const one = await destroyer(root)
    const stop = new AbortController()
    const interrupted = async (): Promise<void> => {
      for await (const _ of one.destroy(stop.signal)) stop.abort()
    }
    await expect(interrupted()).rejects.toMatchObject({ code: 'interrupted' })
    const again = await destroyer(root)
    expect(again.fingerprint).toBe(one.fingerprint)
    await Array.fromAsync(again.destroy(calm))
    expect(listing(folder.path)).toBe('')
  })

  it.for([
    ['a file system', ['-t', 'tmpfs', 'none']],
    ['a folder of the same file system', ['--bind', 'outside']],
  ] as const)('does not enter %s mounted inside', async ([, what], { skip }) => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const mount = join(root, 'empty')
    await mkdir(join(folder.path, 'outside'))
    const opened = await destroyer(root)
    try {
      execFileSync('mount', [...what, mount], { cwd: folder.path, stdio: 'ignore' })
    } catch {
      skip('no right to mount here')
    }
    try {
      await writeFile(join(mount, 'elsewhere'), 'kept')
      const refused = { code: 'destroy-failed', message: expect.stringContaining('mounted inside') as string }
      await expect(destroyer(root)).rejects.toMatchObject(refused)
      await expect(Array.fromAsync(opened.plan(calm))).rejects.toMatchObject(refused)
      await expect(Array.fromAsync(opened.destroy(calm))).rejects.toMatchObject(refused)
      expect(listing(mount)).toContain('./elsewhere')
    } finally {
      execFileSync('umount', [mount])
    }
  })

  it('empties the top of a file system, and says what is to be done until nothing is there', async ({
    skip,
  }) => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(root)
    try {
      execFileSync('mount', ['-t', 'tmpfs', 'none', root], { stdio: 'ignore' })
    } catch {
      skip('no right to mount here')
    }
    try {
      await populate(root)
      await expect(Array.fromAsync((await destroyer(root)).destroy(calm))).rejects.toMatchObject({
        code: 'destroy-failed',
        hint: expect.stringContaining('unmount it, remove the folder') as string,
      })
      expect(listing(root)).toBe('')
    } finally {
      execFileSync('umount', [root])
    }
    await rmdir(root)
    expect((await look(root)).state).toBe('absent')
  })

  it.runIf(havePrograms('mkfs.btrfs', 'losetup'))(
    'says what lets go of a subvolume inside',
    async ({ skip }) => {
      await using folder = await tempFolder()
      const [image, root] = [join(folder.path, 'image'), join(folder.path, 'mounted')]
      await mkdir(root)
      execFileSync('truncate', ['-s', '128M', image])
      execFileSync('mkfs.btrfs', ['-q', image])
      if (spawnSync('mount', ['-o', 'loop', image, root]).status !== 0) skip('no right to mount btrfs here')
      try {
        const tree = join(root, 'tree')
        await mkdir(tree)
        execFileSync('btrfs', ['subvolume', 'create', join(tree, 'snapshot')], { stdio: 'ignore' })
        const destroy = async () => Array.fromAsync((await destroyer(tree)).destroy(calm))
        await expect(destroy()).rejects.toMatchObject({
          code: 'destroy-failed',
          hint: expect.stringContaining('btrfs subvolume delete') as string,
        })
        execFileSync('btrfs', ['subvolume', 'delete', join(tree, 'snapshot')], { stdio: 'ignore' })
        await destroy()
        expect((await look(tree)).state).toBe('absent')
      } finally {
        execFileSync('umount', [root])
      }
    },
  )

  it('says of an overlay that what lies in a lower layer stays', async ({ skip }) => {
    await using folder = await tempFolder()
    const at = (name: string): string => join(folder.path, name)
    await mkdir(at('layers'))
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', at('layers')]).status !== 0) skip('no right to mount here')
    const parts = ['lower/tree', 'upper', 'work', 'merged'].map((name) => at(`layers/${name}`))
    for (const path of parts) await mkdir(path, { recursive: true })
    await writeFile(at('layers/lower/tree/letter'), 'Madame')
    const layers = ['lowerdir=lower', 'upperdir=upper', 'workdir=work'].map((one) =>
      one.replace('=', `=${at('layers')}/`),
    )
    try {
      execFileSync('mount', ['-t', 'overlay', 'none', '-o', layers.join(), at('layers/merged')])
      const one = await destroyer(at('layers/merged/tree'))
      expect(one.method.limits[0]).toContain('lower layers')
      await Array.fromAsync(one.destroy(calm))
      expect((await look(at('layers/merged/tree'))).state).toBe('absent')
      expect(existsSync(at('layers/lower/tree/letter'))).toBe(true)
      expect((await destroyer(at('layers/lower'))).method.limits.join()).not.toContain('lower layers')
    } finally {
      spawnSync('umount', [at('layers/merged')])
      execFileSync('umount', [at('layers')])
    }
  })

  it.each<[string, (root: string) => Promise<void>]>([
    ['a new file', (root) => writeFile(join(root, 'new'), 'delivered by nobody')],
    ['another content', (root) => writeFile(join(root, 'patients/0001/letter.txt'), 'delivered by nobody')],
    [
      'a file from elsewhere',
      (root) => rename(join(root, '../elsewhere'), join(root, 'patients/0001/letter.txt')),
    ],
  ])('begins nothing where %s came after it was opened: it may be in no package', async (_, write) => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    await writeFile(join(folder.path, 'elsewhere'), 'delivered by nobody')
    const one = await destroyer(root)
    // File systems tell time by the ticks of the system.
    await setTimeout(50)
    await write(root)
    const before = listing(folder.path)
    await expect(Array.fromAsync(one.destroy(calm))).rejects.toMatchObject({
      code: 'destroy-failed',
      message: expect.stringContaining('since its destruction was begun') as string,
    })
    expect(listing(folder.path)).toBe(before)
  })

  it('stops, and says why, where somebody still writes', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const one = await destroyer(root)
    const written = async (): Promise<void> => {
      for await (const _ of one.destroy(calm)) await writeFile(join(root, 'new'), 'new')
    }
    await expect(written()).rejects.toMatchObject({
      code: 'destroy-failed',
      hint: expect.stringContaining('stop what writes there') as string,
    })
    expect(listing(root)).toContain('./new')
  })

  it('says what may let go of a file that nobody may remove', async ({ skip }) => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const file = join(root, 'patients/scan.raw')
    if (spawnSync('chattr', ['+i', file]).status !== 0) skip('no immutable files here')
    try {
      await expect(Array.fromAsync((await destroyer(root)).destroy(calm))).rejects.toMatchObject({
        code: 'destroy-failed',
        hint: expect.stringContaining('chattr') as string,
      })
    } finally {
      execFileSync('chattr', ['-i', file])
    }
    await Array.fromAsync((await destroyer(root)).destroy(calm))
    expect(existsSync(root)).toBe(false)
  })

  it('claims no more than deletion, and refuses the root of the machine', async () => {
    await using folder = await tempFolder()
    const { method } = await destroyer(await populated(folder.path))
    expect([method.category, method.technique]).toEqual(['none', 'unlink'])
    await expect(destroyer('/')).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('the prober of a tree', () => {
  it('tells the tree from another in its place', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const before = await look(root)
    await rename(root, `${root}.old`)
    await mkdir(root)
    const after = await look(root)
    expect([before.state, after.state]).toEqual(['present', 'present'])
    expect(after.fingerprint).not.toBe(before.fingerprint)
    expect(before.identity).toBe(`uid ${process.getuid?.()}`)
  })

  it('looks behind a link, and says absent only when its target is', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    const link = join(folder.path, 'link')
    await symlink('tree', link)
    expect(await look(link)).toMatchObject({ state: 'present', fingerprint: (await look(root)).fingerprint })
    await rename(root, `${root}.moved`)
    expect((await look(link)).state).toBe('absent')
  })

  it('could not check when the parent is not there, or links lead in a circle', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'parent'))
    expect((await look(join(folder.path, 'parent/tree'))).state).toBe('absent')
    await rmdir(join(folder.path, 'parent'))
    expect((await look(join(folder.path, 'parent/tree'))).state).toBe('could-not-check')
    await symlink('b', join(folder.path, 'a'))
    await symlink('a', join(folder.path, 'b'))
    expect((await look(join(folder.path, 'a'))).state).toBe('could-not-check')
  })

  it('could not check without the right to look', async () => {
    await using folder = await tempFolder()
    const parent = join(folder.path, 'parent')
    await mkdir(join(parent, 'tree'), { recursive: true })
    await chmod(folder.path, 0o755)
    const states = async (mode: number): Promise<string[]> => {
      await chmod(parent, mode)
      return ['tree', 'gone'].map((name) => asOrdinaryUser<string>('sighting.state', join(parent, name)))
    }
    expect(await states(0)).toEqual(['could-not-check', 'could-not-check'])
    expect(await states(0o444)).toEqual(['could-not-check', 'could-not-check'])
    expect(await states(0o111)).toEqual(['present', 'could-not-check'])
    await chmod(parent, 0o755)
    expect(asOrdinaryUser('[sighting.state, sighting.identity]', join(parent, 'gone'))).toEqual([
      'absent',
      expect.stringMatching(/^uid [1-9]/),
    ])
  })
})

describe('the siblings of a tree', () => {
  it('are the other folders beside it, and no more', async () => {
    await using folder = await tempFolder()
    const root = await populated(folder.path)
    await mkdir(join(folder.path, 'forgotten/inside'), { recursive: true })
    await writeFile(join(folder.path, 'file'), '')
    const siblings = await Array.fromAsync(
      filesConnector.siblings({ name: 'tree', url: `files:${root}` }, calm),
    )
    expect(siblings).toEqual([{ url: `files:${folder.path}/forgotten`, kind: 'directory' }])
  })
})
