import { execFileSync } from 'node:child_process'
import fs, { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { inventory } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/* Lists of names that do not say what is a folder: ext3 and XFS as they were made for long, NFS where the client does not ask. */

const ready =
  havePrograms('mke2fs', 'losetup') &&
  available(process.getuid?.() === 0 && existsSync('/dev/loop-control'), 'no right to mount an image')

/** Runs `use` in a file system of this kind. */
async function untyped<T>(use: (root: string) => Promise<T>): Promise<T> {
  await using folder = await tempFolder()
  const [image, root] = [join(folder.path, 'image'), join(folder.path, 'mounted')]
  await mkdir(root)
  execFileSync('truncate', ['-s', '16M', image])
  execFileSync('mke2fs', ['-q', '-t', 'ext2', '-O', '^filetype', image])
  execFileSync('mount', ['-o', 'loop', image, root])
  try {
    return await use(root)
  } finally {
    execFileSync('umount', [root])
  }
}

describe('a file system whose lists do not tell folders from files', () => {
  it.runIf(ready)('has all its items in the inventory', async () => {
    const ids = await untyped(async (root) => {
      await mkdir(join(root, 'patients/0001'), { recursive: true })
      await writeFile(join(root, 'patients/0001/letter'), 'x')
      return (await inventory(root)).map(({ id }) => id)
    })
    expect(ids).toEqual(['./', 'lost+found/', 'patients/', 'patients/0001/', 'patients/0001/letter'])
  })

  it.runIf(ready)('is not without a folder in which one file vanishes while it is listed', async () => {
    const ids = await untyped(async (root) => {
      const [folder, fleeting] = [join(root, 'patients'), join(root, 'patients/fleeting')]
      await mkdir(folder)
      for (const name of ['fleeting', 'letter', 'scan']) await writeFile(join(folder, name), 'x')
      const lstatSync = fs.lstatSync
      // What Node itself calls for such names; the connector has its own reference.
      vi.spyOn(fs, 'lstatSync').mockImplementation(((...args: Parameters<typeof lstatSync>) => {
        if (String(args[0]) === fleeting && existsSync(fleeting)) fs.unlinkSync(fleeting)
        return lstatSync(...args)
      }) as typeof lstatSync)
      try {
        return (await inventory(root)).map(({ id }) => id)
      } finally {
        vi.restoreAllMocks()
      }
    })
    expect(ids).toEqual(['./', 'lost+found/', 'patients/', 'patients/letter', 'patients/scan'])
  })
})
