import { execFileSync } from 'node:child_process'
import fs, { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { directoryDestination } from '../src/index.ts'
import { temporaryFolder } from './helpers.ts'

const ready =
  havePrograms('mke2fs', 'losetup') &&
  available(process.getuid?.() === 0 && existsSync('/dev/loop-control'), 'no right to mount an image')

/** Has a file vanish when Node looks at it, as it does where lists do not say what their names stand for. */
function vanishing(path: string): void {
  const lstat = fs.lstat
  vi.spyOn(fs, 'lstat').mockImplementation(((...args: Parameters<typeof lstat>) => {
    if (String(args[0]) === path && existsSync(path)) fs.unlinkSync(path)
    return lstat(...args)
  }) as typeof lstat)
}

describe('a destination whose lists do not tell folders from files', () => {
  it.runIf(ready)('is not empty because an unfinished file vanishes while it is listed', async () => {
    const folder = temporaryFolder()
    const [image, root] = [join(folder, 'image'), join(folder, 'mounted')]
    mkdirSync(root)
    execFileSync('truncate', ['-s', '16M', image])
    execFileSync('mke2fs', ['-q', '-t', 'ext2', '-O', '^filetype', image])
    execFileSync('mount', ['-o', 'loop', image, root])
    try {
      const place = join(root, 'R1-0001')
      mkdirSync(join(place, 'volumes'), { recursive: true })
      for (const name of ['.tmp-x', 'manifest.json', 'volumes/000001.tar.zst.pgp'])
        writeFileSync(join(place, name), '')
      vanishing(join(place, '.tmp-x'))
      const listed = await Array.fromAsync(directoryDestination(place).list(), ({ name }) => name)
      expect(listed).toEqual(['manifest.json', 'volumes/000001.tar.zst.pgp'])
    } finally {
      vi.restoreAllMocks()
      execFileSync('umount', [root])
    }
  })
})
