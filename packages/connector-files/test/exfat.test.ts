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
  available(
    process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control'),
    'no right to mount an image by FUSE',
  )

function known(
  id: string,
  attributes: KnownItem['attributes'] = {},
  more: Partial<KnownItem> = {},
): KnownItem {
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

async function restore(items: readonly KnownItem[], target: string): Promise<void> {
  await using restorer = await filesConnector.restore({ name: 'tree', url: `files:${target}` }, calm)
  for (const item of items)
    if (['file', 'directory'].includes(item.kind) && item.leader === undefined)
      await restorer.accept(entryOf(item), calm)
  await restorer.finish(streamOf(items), calm)
}

/** What came of restoring these items to a disk of this kind: an error and what it left, or a file of the result. */
async function restored(items: readonly KnownItem[], file: string): Promise<unknown> {
  await using temp = await tempFolder()
  const [image, root] = [join(temp.path, 'image'), join(temp.path, 'mounted')]
  await mkdir(root)
  execFileSync('truncate', ['-s', '16M', image])
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' })
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  try {
    execFileSync('mount.exfat-fuse', [device, root], { stdio: 'ignore' })
    return await restore(items, join(root, 'back')).then(
      () => readFile(join(root, 'back', file), 'utf8'),
      async (error: unknown) => ({ error, left: await readdir(root) }),
    )
  } finally {
    execFileSync('umount', [root])
    execFileSync('losetup', ['-d', device])
  }
}

/** Said of an item, with advice, and nothing left. */
function refusal(item: string, hint: string): unknown {
  const [message, advice] = [item, hint].map((text) => expect.stringContaining(text) as unknown)
  return {
    error: expect.objectContaining({ code: 'restore-failed', message, hint: advice }) as unknown,
    left: [],
  }
}

describe.skipIf(!ready)('a tree that is restored to a portable disk', () => {
  it('is there, a file with several names as several files', async () => {
    const second = known('b/second', { nlink: 2 }, { leader: 'a/first', bytes: 'a/first'.length })
    const items = [known('a/'), known('a/first', { nlink: 2 }), known('b/'), second]
    expect(await restored(items, 'b/second')).toBe('a/first')
  })

  it('is there though such a disk has no bits for folders that a group shares', async () => {
    const items = [
      known('shared/', { mode: 0o2775 }),
      known('shared/letter'),
      known('temporary/', { mode: 0o1777 }),
    ]
    expect(await restored(items, 'shared/letter')).toBe('shared/letter')
  })

  it('is there without what such a disk has no kind for, as pipes and devices', async () => {
    const special = ['fifo', 'character-device'].map((kind) =>
      known(kind, { major: 1, minor: 3 }, { kind, bytes: 0 }),
    )
    expect(await restored([...special.toReversed(), known('letter')], 'letter')).toBe('letter')
  })

  it('does not have the content of two folders in one', async () => {
    const items = [known('DUPONT/'), known('DUPONT/letter'), known('Dupont/'), known('Dupont/scan')]
    expect(await restored(items, 'DUPONT/scan')).toEqual(refusal('item Dupont/', 'upper and lower case'))
  })

  it.each([
    ['two files', [known('Letter'), known('letter')], 'item letter'],
    ['a file and a folder', [known('Letter'), known('letter/')], 'item letter/'],
  ])('is refused by name where %s have names alike', async (_, items, message) => {
    expect(await restored(items, 'letter')).toEqual(refusal(message, 'restitute extract'))
  })

  it('has no content replaced by that of a further name of another file', async () => {
    const second = known('LETTER', { nlink: 2 }, { leader: '0' })
    const items = [known('0', { nlink: 2 }), { ...second, bytes: 1 }, known('letter')]
    expect(await restored(items, 'letter')).toEqual(refusal('item LETTER', 'restitute extract'))
  })

  it('says which link the disk does not take', async () => {
    const link = known('latest', { target: '0001' }, { kind: 'symlink', bytes: 0 })
    expect(await restored([known('0001'), link], '0001')).toEqual(refusal('item latest', 'no symbolic links'))
  })
})
