import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const { signal } = new AbortController()

/* A new volume for what is restored is mounted first, and named as the target. */

describe('a restoration to where a file system is mounted', () => {
  it.for(['files:', 'oci:layout:', 'disk:'])(
    'is refused before it fills another one: %s',
    async (kind, { skip }) => {
      const folder = await mkdtemp(join(tmpdir(), 'restitute-mounted-'))
      const target = join(folder, 'srv')
      try {
        using disk = mountSmallDisk(target, 1)
        if (disk === undefined) return skip('no right to mount here')
        const restoring = async (path: string): Promise<void> => {
          const url = `${kind}${path}`
          await using _ = await (await connectorOf(url)).restore({ name: 'source', url }, signal)
        }
        await expect(restoring(target)).rejects.toMatchObject({ code: 'usage' })
        await restoring(join(target, 'inside'))
        expect(await readdir(folder)).toEqual(['srv'])
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  )
})
