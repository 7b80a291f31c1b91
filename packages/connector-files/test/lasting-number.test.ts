import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { freeze, inventory, readAll, streamOf, wide } from './support/export.ts'
import { tempFolder } from './support/places.ts'

const ready =
  havePrograms('mkfs.exfat', 'mount.exfat-fuse', 'losetup') &&
  available(
    process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control'),
    'no right to mount an image by FUSE',
  )

/** Runs `use` with a folder on which a file system of FUSE is mounted, and what mounts it again. */
async function onFuse(use: (root: string, again: () => void) => Promise<void>): Promise<void> {
  await using folder = await tempFolder()
  const [image, root] = [join(folder.path, 'image'), join(folder.path, 'mounted')]
  await mkdir(root)
  execFileSync('truncate', ['-s', '16M', image])
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' })
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  const mount = (): Buffer => execFileSync('mount.exfat-fuse', [device, root], { stdio: 'ignore' })
  try {
    mount()
    await use(root, () => {
      execFileSync('umount', [root])
      mount()
    })
  } finally {
    execFileSync('umount', [root])
    execFileSync('losetup', ['-d', device])
  }
}

describe.skipIf(!ready)('a file system that numbers files as they come to be looked at', () => {
  it('has the same files as before when it has forgotten their numbers', async () => {
    await onFuse(async (root, again) => {
      for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), name)
      for (const name of ['a', 'b', 'c']) statSync(join(root, name))
      // The folder itself has no time that lasts there.
      const files = async () => (await inventory(root)).slice(1)
      const before = await files()
      again()
      for (const name of ['c', 'b', 'a']) statSync(join(root, name))
      expect((await files()).map(({ id, mark }) => [id, mark])).toEqual(
        before.map(({ id, mark }) => [id, mark]),
      )
      await using exporter = await freeze(root)
      const [shard] = await Array.fromAsync(exporter.shards(streamOf(before), wide))
      const { losses } = await readAll(exporter, shard ?? { id: '', first: 1, last: 0, bytes: 0 }, before)
      expect(losses).toEqual([])
    })
  })
})
