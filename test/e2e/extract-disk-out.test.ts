import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { directoryDestination, extractPackage, openPackage } from '../../packages/archive/src/index.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'
import { canMount, mountLoopDisk } from '../support/loop-disk.ts'
import { plant, sampleTree } from '../support/tree.ts'

describe.runIf(canMount('mkfs.ext4'))('a disk that is taken out in mid-extraction, and comes back', () => {
  it('fails the extraction: what came in between would lie below the mount', async () => {
    await using folder = await temporaryFolder()
    const disk = join(folder.path, 'disk')
    using device = mountLoopDisk(disk)
    await plant(join(folder.path, 'tree'), sampleTree(40))
    const keys = await newKeys()
    const source = { name: 'docs', url: `files:${join(folder.path, 'tree')}` }
    const limits = { bytes: 1e9, items: 1000, partBytes: 1e6 }
    await exportFrom(folder.path, keys, [source], { limits })
    const extraction = {
      package: await openPackage(directoryDestination(join(folder.path, 'out/R1-0001'))),
      opener: { privateKeys: [keys.client] },
      to: join(disk, 'out'),
      signal: new AbortController().signal,
    }
    // Once a file is there with its attributes, and before the next one.
    let files = 0
    const onProgress = (): void => {
      files++
      if (files === 10) queueMicrotask(device.umount)
      if (files === 30) queueMicrotask(device.mount)
    }
    await expect(extractPackage({ ...extraction, onProgress })).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringContaining('still mounted') as string,
    })
    device.umount()
    expect(await readdir(disk)).toEqual([])
    device.mount()
    await expect(extractPackage(extraction)).rejects.toMatchObject({
      code: 'target-not-empty',
      hint: expect.stringMatching(/remove .*, which is in clear$/) as string,
    })
  })
})
