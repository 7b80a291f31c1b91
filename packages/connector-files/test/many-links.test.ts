import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KnownItem } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { canMount, mountLoopDisk } from '../../../test/support/loop-disk.ts'
import { filesConnector } from '../src/index.ts'
import { calm, streamOf } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/** Of ext4. */
const mostNames = 65_000

function nameOf(i: number): KnownItem {
  const leader = i === 0 ? {} : { leader: '00000' }
  const attributes = { mode: 0o640, mtime: '1000000000' }
  return { id: String(i).padStart(5, '0'), kind: 'file', bytes: 1, mark: '', attributes, ...leader }
}

describe('a file with more names than the file system of the target gives one', () => {
  it.runIf(canMount('mkfs.ext4'))(
    'is restored all the same, as several files with as many names each',
    async () => {
      await using folder = await tempFolder()
      const root = join(folder.path, 'mounted')
      using _disk = mountLoopDisk(root)
      const target = join(root, 'back')
      await using restorer = await filesConnector.restore({ name: 'tree', url: `files:${target}` }, calm)
      const content = () => streamOf([Buffer.from('x')])
      await restorer.accept(
        { path: 'data/a', item: '00000', type: 'file', size: 1, mode: 0, modified: 0n, content },
        calm,
      )
      await restorer.finish(streamOf(Array.from({ length: mostNames + 3 }, (_, i) => nameOf(i))), calm)
      const found = await Promise.all(
        [0, mostNames - 1, mostNames, mostNames + 2].map((i) => stat(join(target, nameOf(i).id))),
      )
      expect(found.map(({ nlink }) => nlink)).toEqual([mostNames, mostNames, 3, 3])
      expect(found.map(({ mode, mtimeMs }) => [mode & 0o777, mtimeMs])).toEqual(Array(4).fill([0o640, 1000]))
      expect(await readFile(join(target, nameOf(mostNames + 2).id), 'utf8')).toBe('x')
    },
  )
})
