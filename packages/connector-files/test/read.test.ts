import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { calm, freeze, inventoried, readAll, streamOf, text } from './support/export.ts'
import { populate, rawName, tempFolder } from './support/places.ts'

const large = 5 * 1024 * 1024

/** A tree with one file, inventoried, then changed before it is read. */
async function readChanged(size: number, change: (root: string) => Promise<unknown>) {
  await using folder = await tempFolder()
  const root = join(folder.path, 'tree')
  await mkdir(join(root, 'in'), { recursive: true })
  await writeFile(join(root, 'in/file'), Buffer.alloc(size, 'a'))
  await utimes(join(root, 'in/file'), 1, 1)
  const { exporter, items, shard } = await inventoried(root)
  await change(root)
  const { entries, losses } = await readAll(exporter, shard, items)
  return { content: entries.get('data/in/file'), losses }
}

describe('reading a file that changed after the inventory', () => {
  it.each([100, large])('delivers a changed file of %d bytes, and says so', async (size) => {
    const { content, losses } = await readChanged(size, (root) =>
      writeFile(join(root, 'in/file'), Buffer.alloc(size, 'b')),
    )
    expect(content === 'b'.repeat(size)).toBe(true)
    expect(losses).toEqual([{ item: 'in/file', lost: expect.stringContaining('changed') as string }])
  })

  it('sees a change that keeps size and time', async () => {
    const { losses } = await readChanged(100, async (root) => {
      await writeFile(join(root, 'in/file'), Buffer.alloc(100, 'b'))
      await utimes(join(root, 'in/file'), 1, 1)
    })
    expect(losses).toEqual([{ item: 'in/file', lost: 'changed after it was inventoried' }])
  })

  it('delivers a small file as it has become, in one piece', async () => {
    const { content } = await readChanged(100, (root) => appendFile(join(root, 'in/file'), 'more'))
    expect(content).toBe(`${'a'.repeat(100)}more`)
  })

  it('keeps the promised size of a large file that shrank, with zeros', async () => {
    const { content, losses } = await readChanged(large, (root) => truncate(join(root, 'in/file'), 10))
    expect(content?.length).toBe(large)
    expect(content?.slice(0, 12)).toBe('aaaaaaaaaa\0\0')
    expect(losses).toEqual([{ item: 'in/file', lost: 'changed while it was read' }])
  })

  it('keeps the promised size of a large file that grew', async () => {
    const { content, losses } = await readChanged(large, (root) => appendFile(join(root, 'in/file'), 'more'))
    expect(content?.length).toBe(large)
    expect(losses.length).toBe(1)
  })

  it.each([100, large])('reports a file of %d bytes that has vanished', async (size) => {
    const { content, losses } = await readChanged(size, (root) => rm(join(root, 'in/file')))
    expect(content).toBeUndefined()
    expect(losses).toEqual([{ item: 'in/file', lost: 'cannot be read: ENOENT' }])
  })

  it.each([100, large])(
    'does not follow a link that has come in place of a file of %d bytes',
    async (size) => {
      const { content, losses } = await readChanged(size, async (root) => {
        await rename(join(root, 'in/file'), join(root, 'elsewhere'))
        await symlink('../elsewhere', join(root, 'in/file'))
      })
      expect(content).toBeUndefined()
      expect(losses).toEqual([{ item: 'in/file', lost: 'cannot be read: ELOOP' }])
    },
  )

  it.each([100, large])(
    'delivers nothing of a file of %d bytes behind a folder that became a link',
    async (size) => {
      const { content, losses } = await readChanged(size, async (root) => {
        await rename(join(root, 'in'), join(root, 'moved'))
        await mkdir(join(root, '../another client'))
        await writeFile(join(root, '../another client/file'), Buffer.alloc(size, 'b'))
        await symlink('../another client', join(root, 'in'))
      })
      expect(content).toBeUndefined()
      expect(losses).toEqual([{ item: 'in/file', lost: 'changed after it was inventoried' }])
    },
  )

  it.each([100, large])('does not wait for a pipe in place of a file of %d bytes', async (size) => {
    const { losses } = await readChanged(size, async (root) => {
      await rm(join(root, 'in/file'))
      execFileSync('mkfifo', [join(root, 'in/file')])
    })
    expect(losses.length).toBe(1)
  })
})

describe('reading a large file', () => {
  it('notices a change in mid-read', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'file')
    await writeFile(path, Buffer.alloc(large, 'a'))
    const { exporter, items, shard } = await inventoried(folder.path)
    const losses = []
    for await (const read of exporter.read(shard, streamOf(items), calm)) {
      if ('lost' in read) losses.push(read)
      else if (read.path === 'data/file') {
        for await (const _ of read.content());
        await appendFile(path, 'b')
      }
    }
    expect(losses).toEqual([{ item: 'file', lost: 'changed while it was read' }])
  })

  it('ends within a chunk when it is interrupted', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'file'), Buffer.alloc(large, 'a'))
    const { exporter, items, shard } = await inventoried(folder.path)
    const stop = new AbortController()
    let bytes = 0
    const reading = async (): Promise<void> => {
      for await (const read of exporter.read(shard, streamOf(items), stop.signal)) {
        if ('lost' in read) continue
        for await (const chunk of read.content()) {
          bytes += chunk.length
          stop.abort()
        }
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'interrupted' })
    expect(bytes).toBeLessThan(large)
  })

  it('gives parts that cat joins', async () => {
    await using folder = await tempFolder()
    const tree = join(folder.path, 'tree')
    await mkdir(tree)
    const content = Buffer.from(Array.from({ length: 100_003 }, (_, i) => (i * 31) % 253))
    await writeFile(join(tree, 'scan'), content)
    const exporter = await freeze(tree)
    const items = await Array.fromAsync(exporter.inventory(calm))
    const limits = { bytes: 1e6, items: 10, partBytes: 10_000 }
    for await (const shard of exporter.shards(streamOf(items), limits)) {
      const { entries } = await readAll(exporter, shard, items)
      for (const [path, part] of entries) {
        if (!path.startsWith('data/scan')) continue
        await mkdir(join(folder.path, 'data/scan'), { recursive: true })
        await writeFile(join(folder.path, path), part, 'latin1')
      }
    }
    const joined = execFileSync('sh', ['-c', 'cat data/scan/part-*'], { cwd: folder.path })
    expect(joined.equals(content)).toBe(true)
  })
})

describe('the time at which a file was last read', () => {
  it.runIf(process.platform === 'linux' && process.getuid?.() === 0).each([100, large])(
    'is none that root sets by exporting it: %d bytes',
    async (size) => {
      await using folder = await tempFolder()
      const path = join(folder.path, 'file')
      await writeFile(path, 'a')
      await truncate(path, size)
      await utimes(path, 1, 2)
      const { exporter, items, shard } = await inventoried(folder.path)
      const { losses } = await readAll(exporter, shard, items)
      expect(losses).toEqual([])
      expect((await stat(path)).atimeMs).toBe(1000)
    },
  )
})

describe('reading files whose size says nothing', () => {
  it.runIf(existsSync('/proc/sys/kernel/random'))('delivers none of them as empty in silence', async () => {
    const { exporter, items, shard } = await inventoried('/proc/sys/kernel/random')
    const { losses } = await readAll(exporter, shard, items)
    expect(losses).toContainEqual({ item: 'poolsize', lost: 'holds more or less than its size says' })
  })
})

describe('the tree file of a shard', () => {
  it('tells the truth about every item, links and odd names included', async () => {
    await using folder = await tempFolder()
    await populate(folder.path)
    execFileSync('mkfifo', [join(folder.path, 'zfifo')])
    const { exporter, items, shard } = await inventoried(folder.path)
    const { entries } = await readAll(exporter, shard, items)
    const file = entries.get('tree-000001.jsonl') ?? ''
    const lines = file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()) as Record<string, unknown>)
    expect(new Set(lines.map((line) => line['name']))).toEqual(new Set(items.map(({ id }) => id)))
    expect(lines.length).toBe(items.length)
    const byName = new Map(lines.map((line) => [line['name'], line]))
    expect(byName.get('dangling')).toMatchObject({ kind: 'symlink', target: '/nowhere' })
    expect(byName.get('dangling')).not.toHaveProperty('path')
    expect(byName.get('zfifo')).toMatchObject({ kind: 'fifo', mode: 0o644 })
    expect(byName.get('-first')).toMatchObject({ mode: 0o640, mtime: '-86400250000000', path: 'data/-first' })
    expect(byName.get('./')).toMatchObject({ kind: 'directory', path: 'data/' })
    const raw = rawName('').subarray(1).toString('base64')
    expect(byName.get('caf%E9')).toMatchObject({
      rawName: raw,
      path: expect.stringMatching(/^data\/caf_?~[0-9a-f]{12}$/) as string,
    })
    for (const line of lines.filter((one) => one['kind'] === 'file'))
      expect(entries.has(String(line['path']))).toBe(true)
  })

  it('is canonical: its keys are sorted, nothing is spaced', async () => {
    await using folder = await tempFolder()
    await populate(folder.path)
    const { exporter, items, shard } = await inventoried(folder.path)
    for await (const read of exporter.read(shard, streamOf(items), calm)) {
      if ('lost' in read || !read.path.startsWith('tree-')) continue
      for (const line of (await text(read)).trimEnd().split('\n')) {
        const value = JSON.parse(line) as Record<string, unknown>
        expect(Object.keys(value)).toEqual(Object.keys(value).sort())
        expect(JSON.stringify(value)).toBe(line)
      }
    }
  })
})
