import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { canMount } from '../support/loop-disk.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const { signal } = new AbortController()
/* A new volume for what is restored is mounted first, and named as the target. */

const kinds = ['files:', 'oci:layout:', 'disk:']

async function restoring(kind: string, path: string): Promise<void> {
  const url = `${kind}${path}`
  await using _ = await (await connectorOf(url)).restore({ name: 'source', url }, signal)
}

describe('a restoration to where a file system is mounted', () => {
  it.for(kinds)('is refused before it fills another one: %s', async (kind, { skip }) => {
    const folder = await mkdtemp(join(tmpdir(), 'restitute-mounted-'))
    const target = join(folder, 'srv')
    try {
      using disk = mountSmallDisk(target, 1)
      if (disk === undefined) return skip('no right to mount here')
      await expect(restoring(kind, target)).rejects.toMatchObject({ code: 'usage' })
      await restoring(kind, join(target, 'inside'))
      expect(await readdir(folder)).toEqual(['srv'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe.runIf(canMount())('a restoration to where a folder of the same file system is bound', () => {
  it.each(kinds)('is refused before anything is built: %s', async (kind) => {
    const folder = await mkdtemp(join(tmpdir(), 'restitute-bound-'))
    const [kept, target] = [join(folder, 'kept'), join(folder, 'srv')]
    for (const path of [kept, target]) await mkdir(path)
    execFileSync('mount', ['--bind', kept, target])
    try {
      await expect(restoring(kind, target)).rejects.toMatchObject({ code: 'usage' })
      expect(await readdir(folder)).toEqual(['kept', 'srv'])
    } finally {
      execFileSync('umount', [target])
      await rm(folder, { recursive: true })
    }
  })
})
