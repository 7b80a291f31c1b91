import fs, { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { canMount, mountLoopDisk } from '../../../test/support/loop-disk.ts'
import { directoryDestination } from '../src/index.ts'
import { temporaryFolder } from './helpers.ts'

/** Has a file vanish when Node looks at it, as it does where lists do not say what their names stand for. */
function vanishing(path: string): void {
  const lstat = fs.lstat
  vi.spyOn(fs, 'lstat').mockImplementation(((...args: Parameters<typeof lstat>) => {
    if (String(args[0]) === path && existsSync(path)) fs.unlinkSync(path)
    return lstat(...args)
  }) as typeof lstat)
}

afterEach(() => void vi.restoreAllMocks())

describe('a destination whose lists do not tell folders from files', () => {
  it.runIf(canMount('mke2fs'))('is not empty because an unfinished file vanishes', async () => {
    const folder = temporaryFolder()
    const root = join(folder, 'mounted')
    using _disk = mountLoopDisk(root, ['mke2fs', '-q', '-t', 'ext2', '-O', '^filetype'])
    const place = join(root, 'R1-0001')
    mkdirSync(join(place, 'volumes'), { recursive: true })
    for (const name of ['.tmp-x', 'manifest.json', 'volumes/000001.tar.zst.pgp'])
      writeFileSync(join(place, name), '')
    vanishing(join(place, '.tmp-x'))
    const listed = await Array.fromAsync(directoryDestination(place).list(), ({ name }) => name)
    expect(listed).toEqual(['manifest.json', 'volumes/000001.tar.zst.pgp'])
  })
})
