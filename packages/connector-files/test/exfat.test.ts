import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownItem, RestoredEntry } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { filesConnector } from '../src/index.ts'
import { calm, streamOf } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/* What a client's portable disk is made with: names without regard to case, no links of either kind, no owners, no modes. */

const ready =
  havePrograms('mkfs.exfat', 'mount.exfat-fuse', 'losetup') &&
  available(process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control'), 'no right to mount an image by FUSE')

function known(id: string, attributes: KnownItem['attributes'] = {}, more: Partial<KnownItem> = {}): KnownItem {
  const kind = id.endsWith('/') ? 'directory' : 'file'
  const common = { mode: kind === 'file' ? 0o644 : 0o755, mtime: '1000000000', uid: 1000, gid: 1000 }
  const bytes = kind === 'file' ? id.length : 0
  return { id, kind, bytes, mark: '', attributes: { ...common, ...attributes }, ...more }
}

/** Each file holds its own name. */
function entryOf({ id, bytes }: KnownItem): RestoredEntry {
  const common = { path: `data/${id}`, item: id, mode: 0o644, modified: 0n }
  if (id.endsWith('/')) return { ...common, type: 'directory', size: 0, content: () => streamOf([]) }
  return { ...common, type: 'file', size: bytes, content: () => streamOf([Buffer.from(id)]) }
}

/** Restores these items to a disk of this kind and gives what `look` sees in the target's folder. */
async function restored<T>(items: readonly KnownItem[], look: (folder: string) => Promise<T>): Promise<T> {
  await using temp = await tempFolder()
  const [image, root] = [join(temp.path, 'image'), join(temp.path, 'mounted')]
  await mkdir(root)
  execFileSync('truncate', ['-s', '16M', image])
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' })
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  execFileSync('mount.exfat-fuse', [device, root], { stdio: 'ignore' })
  const work = async (): Promise<void> => {
    await using restorer = await filesConnector.restore({ name: 'tree', url: `files:${root}/back` }, calm)
    for (const item of items)
      if (['file', 'directory'].includes(item.kind) && item.leader === undefined)
        await restorer.accept(entryOf(item), calm)
    await restorer.finish(streamOf(items), calm)
  }
  try {
    await work()
    return await look(root)
  } catch (error) {
    expect(await readdir(root)).toEqual([])
    throw error
  } finally {
    execFileSync('umount', [root])
    execFileSync('losetup', ['-d', device])
  }
}

const nothing = async (): Promise<void> => {}

describe.skipIf(!ready)('a tree that is restored to a portable disk', () => {
  it('is there, a file with several names as several files', async () => {
    const second = known('b/second', { nlink: 2 }, { leader: 'a/first', bytes: 'a/first'.length })
    const items = [known('a/'), known('a/first', { nlink: 2 }), known('b/'), second]
    const read = (root: string) => readFile(join(root, 'back/b/second'), 'utf8')
    expect(await restored(items, read)).toBe('a/first')
  })

  it('does not have the content of two folders in one', async () => {
    const items = [known('DUPONT/'), known('DUPONT/letter'), known('Dupont/'), known('Dupont/scan')]
    await expect(restored(items, nothing)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('item Dupont/') as string,
      hint: expect.stringContaining('upper and lower case') as string,
    })
  })

  it.each([
    ['two files', [known('Letter'), known('letter')], 'item letter'],
    ['a file and a folder', [known('Letter'), known('letter/')], 'item letter/'],
  ])('is refused by name where %s have names alike', async (_, items, message) => {
    await expect(restored(items, nothing)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining('restitute extract') as string,
    })
  })

  it('has no content replaced by that of a further name of another file', async () => {
    const second = known('LETTER', { nlink: 2 }, { leader: '0' })
    const items = [known('0', { nlink: 2 }), { ...second, bytes: 1 }, known('letter')]
    await expect(restored(items, nothing)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('item LETTER') as string,
    })
  })

  it('says which link the disk does not take', async () => {
    const link = known('latest', { target: '0001' }, { kind: 'symlink', bytes: 0 })
    await expect(restored([known('0001'), link], nothing)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('item latest') as string,
      hint: expect.stringContaining('no symbolic links') as string,
    })
  })
})
