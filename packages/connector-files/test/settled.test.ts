import { rmdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { canMount, mountLoopDisk } from '../../../test/support/loop-disk.ts'
import { filesConnector } from '../src/index.ts'
import { calm, inventoried, inventory, readAll, streamOf } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/** A folder on ext4 with inodes so small that times are whole seconds, as it was on ext3. */
async function onWholeSeconds(body: (root: string) => Promise<void>): Promise<void> {
  await using folder = await tempFolder()
  const root = join(folder.path, 'mounted')
  using _disk = mountLoopDisk(root, ['mke2fs', '-q', '-t', 'ext4', '-I', '128'])
  rmdirSync(join(root, 'lost+found'))
  await body(root)
}

async function nextSecond(): Promise<void> {
  await setTimeout(1000 - (Date.now() % 1000))
}

describe.runIf(canMount('mke2fs'))(
  'a file that is written over within the second in which it was read',
  () => {
    it.each([100, 5 * 1024 * 1024])('has another mark than what was read, of %d bytes', async (size) => {
      await onWholeSeconds(async (root) => {
        await nextSecond()
        await writeFile(join(root, 'file'), Buffer.alloc(size, 'a'))
        const { exporter, items, shard } = await inventoried(root)
        const { entries, losses } = await readAll(exporter, shard, items)
        await writeFile(join(root, 'file'), Buffer.alloc(size, 'b'))
        expect(losses).toEqual([])
        expect(entries.get('data/file')?.slice(0, 2)).toBe('aa')
        const mark = items.find(({ id }) => id === 'file')?.mark
        expect((await inventory(root)).find(({ id }) => id === 'file')?.mark).not.toBe(mark)
      })
    })

    it.each([100, 5 * 1024 * 1024])('is not the one that was compared, of %d bytes', async (size) => {
      await onWholeSeconds(async (root) => {
        await nextSecond()
        await writeFile(join(root, 'file'), Buffer.alloc(size, 'a'))
        const known = (await inventory(root)).filter(({ id }) => id === 'file')
        await using watcher = await filesConnector.watch({ name: 'tree', url: `files:${root}` }, calm)
        await Array.fromAsync(watcher.differences(streamOf(known), calm))
        await writeFile(join(root, 'file'), Buffer.alloc(size, 'b'))
        expect((await inventory(root)).find(({ id }) => id === 'file')?.mark).not.toBe(known[0]?.mark)
      })
    })
  },
)
