import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { diskConnector } from '../src/index.ts'
import { calm } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const ready =
  havePrograms('qemu-img', 'mke2fs', 'losetup') &&
  available(process.getuid?.() === 0 && existsSync('/dev/loop-control'), 'no right to mount an image')

/** Runs `use` while an image is mounted on a folder through the nth of two devices. */
async function mounted<T>(image: string, root: string, nth: 0 | 1, use: () => Promise<T>): Promise<T> {
  const devices = [0, 1].map(() => run('losetup', '-f', '--show', image).trim())
  try {
    run('mount', devices[nth] ?? '', root)
    return await use()
  } finally {
    spawnSync('umount', [root])
    for (const device of devices) spawnSync('losetup', ['-d', device])
  }
}

async function destroy(url: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  await using destroyer = await diskConnector.destroyer({ name: 'guest', url }, calm)
  const gone: string[] = []
  for await (const { object } of destroyer.destroy(calm)) {
    gone.push(object.slice(object.lastIndexOf('/') + 1))
    if (gone.length >= most) break
  }
  return gone
}

/** A machine of two images on a file system of its own, of which a destruction has taken the first. */
async function cutShort<T>(use: (image: string, root: string) => Promise<T>): Promise<T> {
  await using temp = await tempFolder()
  const [image, root] = [join(temp.path, 'image'), join(temp.path, 'srv')]
  await mkdir(root)
  run('truncate', '-s', '16M', image)
  run('mke2fs', '-q', '-t', 'ext4', image)
  await mounted(image, root, 0, async () => {
    await writeFile(join(root, 'base.raw'), Buffer.alloc(2 ** 20, 'base'))
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', join(root, 'leaf.qcow2'))
    expect(await destroy(`disk:${root}/leaf.qcow2`, 1)).toEqual(['leaf.qcow2'])
  })
  return await use(image, root)
}

describe.skipIf(!ready)('a destruction that was cut short, after its file system was mounted again', () => {
  it('goes on, whatever number its device has got', async () => {
    await cutShort((image, root) =>
      mounted(image, root, 1, async () => {
        expect(await destroy(`disk:${root}/leaf.qcow2`)).toEqual(['base.raw'])
        expect(existsSync(join(root, 'base.raw'))).toBe(false)
      }),
    )
  })

  it('takes no other file in the place of one of the list', async () => {
    await cutShort((image, root) =>
      mounted(image, root, 1, async () => {
        const [base, copy] = [join(root, 'base.raw'), join(root, 'copy')]
        await copyFile(base, copy)
        await rm(base)
        await rename(copy, base)
        await expect(destroy(`disk:${root}/leaf.qcow2`)).rejects.toMatchObject({ code: 'destroy-failed' })
        expect(existsSync(base)).toBe(true)
      }),
    )
  })
})

describe.skipIf(!ready)('a chain whose root lies on a disk of its own', () => {
  it.each([
    ['meanwhile', true],
    ['after it was cut short', false],
  ])('is not destroyed while that disk is not mounted: taken out %s', async (_, meanwhile) => {
    await using temp = await tempFolder()
    const [image, root, leaf] = ['image', 'srv', 'leaf.qcow2'].map((name) => join(temp.path, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(root)
    run('truncate', '-s', '16M', image)
    run('mke2fs', '-q', '-t', 'ext4', image)
    const [base, url] = [join(root, 'base.raw'), `disk:${leaf}?folder=${root}`]
    await mounted(image, root, 0, async () => {
      await writeFile(base, Buffer.alloc(2 ** 20, 'base'))
      run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'raw', leaf)
      await using destroyer = await diskConnector.destroyer({ name: 'guest', url }, calm)
      const steps = destroyer.destroy(calm)[Symbol.asyncIterator]()
      await steps.next()
      run('umount', root)
      if (!meanwhile) await steps.return?.()
      await expect(meanwhile ? steps.next() : destroy(url)).rejects.toMatchObject(refusal)
    })
    await expect(destroy(url)).rejects.toMatchObject(refusal)
    await using prober = await diskConnector.prober({ name: 'guest', url }, calm)
    expect(await prober.look(calm)).toMatchObject({ state: 'present' })
    await mounted(image, root, 1, async () => {
      expect(await destroy(url)).toEqual(['base.raw'])
      expect(existsSync(base)).toBe(false)
    })
  })
})

const refusal = {
  code: 'destroy-failed',
  message: expect.stringMatching(/base\.raw: the folder in which it lay is not there$/) as string,
  hint: expect.stringContaining('mount it again') as string,
}
