import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { directoryDestination, extractPackage, openPackage } from '../src/index.ts'
import { temporaryFolder } from './helpers.ts'
import { newPerson, samplePackage } from './sample-package.ts'

const ready =
  havePrograms('mkfs.exfat', 'mount.exfat-fuse', 'losetup') &&
  available(
    process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/dev/loop-control'),
    'no right to mount an image by FUSE',
  )

/** Runs `use` with a portable disk, which has no links of any kind. */
async function onPortableDisk(use: (root: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder()
  const [image, root] = [join(folder, 'image'), join(folder, 'mounted')]
  mkdirSync(root)
  execFileSync('truncate', ['-s', '64M', image])
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' })
  const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  try {
    execFileSync('mount.exfat-fuse', [device, root], { stdio: 'ignore' })
    await use(root)
  } finally {
    execFileSync('umount', [root])
    execFileSync('losetup', ['-d', device])
  }
}

describe.skipIf(!ready)('a package that is extracted to a portable disk', () => {
  it('has its hard links as files of their own', async () => {
    const folder = join(temporaryFolder(), 'R1-0001')
    const [client, host] = [await newPerson('client'), await newPerson('host')]
    await samplePackage(folder, client, host)
    await onPortableDisk(async (root) => {
      const to = join(root, 'out')
      const { signal } = new AbortController()
      const opened = await openPackage(directoryDestination(folder))
      await extractPackage({ package: opened, opener: { privateKeys: [client.key] }, to, signal })
      const [file, link] = ['random.bin', 'same.bin'].map((name) => join(to, 'documents/data', name))
      expect(readFileSync(link ?? '').equals(readFileSync(file ?? ''))).toBe(true)
      expect(lstatSync(link ?? '').mtimeMs).toBe(lstatSync(file ?? '').mtimeMs)
    })
  })
})
