import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Difference, digestOfParts, type KnownItem } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { filesConnector } from '../src/index.ts'
import { calm, inventory, streamOf } from './support/export.ts'
import { tempFolder } from './support/places.ts'

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

async function watched(root: string, known: readonly KnownItem[]): Promise<Difference[]> {
  await using watcher = await filesConnector.watch({ name: 'tree', url: `files:${root}` }, calm)
  return await Array.fromAsync(watcher.differences(streamOf(known), calm))
}

describe('the watcher of a tree', () => {
  it.each([1, 4, 10_000, 50_000, 65_536])(
    'cuts a large file into parts of %d bytes as the export did',
    async (partBytes) => {
      await using folder = await tempFolder()
      const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 256))
      await writeFile(join(folder.path, 'scan'), content)
      const parts: string[] = []
      for (let at = 0; at < content.length; at += partBytes)
        parts.push(sha256(content.subarray(at, at + partBytes)))
      const digest = partBytes < content.length ? digestOfParts(parts) : sha256(content)
      const known = (await inventory(folder.path)).map((item) =>
        item.kind === 'file' ? { ...item, digest, attributes: { ...item.attributes, partBytes } } : item,
      )
      expect(await watched(folder.path, known)).toEqual([])
    },
  )

  it('reports a file whose digest is not known', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'a'), 'a')
    expect(await watched(folder.path, await inventory(folder.path))).toEqual([
      { item: 'a', change: 'changed', detail: 'content' },
    ])
  })

  it('reports a special file', async () => {
    await using folder = await tempFolder()
    const known = await inventory(folder.path)
    execFileSync('mkfifo', [join(folder.path, 'fifo')])
    await utimes(folder.path, 1, 1)
    expect(await watched(folder.path, known)).toEqual([
      { item: './', change: 'changed', detail: 'mtime' },
      { item: 'fifo', change: 'new' },
    ])
  })

  it('names the fact that changed, in the order of the ids', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'a'), 'a')
    await symlink('x', join(folder.path, 'b'))
    await mkdir(join(folder.path, 'c'))
    const known = (await inventory(folder.path)).map((item) =>
      item.kind === 'file' ? { ...item, digest: sha256('a') } : item,
    )
    await writeFile(join(folder.path, 'a'), 'longer')
    await rm(join(folder.path, 'b'))
    await symlink('y', join(folder.path, 'b'))
    await rm(join(folder.path, 'c'), { recursive: true })
    await writeFile(join(folder.path, 'd'), '')
    expect((await watched(folder.path, known)).slice(1)).toEqual([
      { item: 'a', change: 'changed', detail: 'size: expected 1 bytes, got 6' },
      { item: 'b', change: 'changed', detail: 'target' },
      { item: 'c/', change: 'removed' },
      { item: 'd', change: 'new' },
    ])
  })
})
