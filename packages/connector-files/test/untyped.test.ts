import fs, { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { canMount, mountLoopDisk } from '../../../test/support/loop-disk.ts'
import { inventory } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/* Lists of names that do not say what is a folder: ext3 and XFS as they were made for long, NFS where the client does not ask. */

/** Runs `use` in a file system of this kind. */
async function untyped<T>(use: (root: string) => Promise<T>): Promise<T> {
  await using folder = await tempFolder()
  const root = join(folder.path, 'mounted')
  using _disk = mountLoopDisk(root, ['mke2fs', '-q', '-t', 'ext2', '-O', '^filetype'])
  return await use(root)
}

describe('a file system whose lists do not tell folders from files', () => {
  it.runIf(canMount('mke2fs'))('has all its items in the inventory', async () => {
    const ids = await untyped(async (root) => {
      await mkdir(join(root, 'patients/0001'), { recursive: true })
      await writeFile(join(root, 'patients/0001/letter'), 'x')
      return (await inventory(root)).map(({ id }) => id)
    })
    expect(ids).toEqual(['./', 'lost+found/', 'patients/', 'patients/0001/', 'patients/0001/letter'])
  })

  it.runIf(canMount('mke2fs'))(
    'is not without a folder in which one file vanishes while it is listed',
    async () => {
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
    },
  )
})
