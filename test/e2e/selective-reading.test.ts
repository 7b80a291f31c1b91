import { mkdtempSync, rmSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, extractPackage, openPackage } from '../../packages/archive/src/index.ts'
import type { Manifest, SourceTerms } from '../../packages/manifest/src/index.ts'
import { listPackage, openSeries, restoreSource } from '../../packages/run/src/index.ts'
import { resign } from '../../packages/verify/test/support/package.ts'
import { restitute } from '../support/cli.ts'
import { type CountingDestination, countingDestination } from '../support/counting.ts'
import { exportFrom, type Keys, temporaryFolder } from '../support/export.ts'
import { newKeyFiles } from '../support/key-files.ts'

const signal = new AbortController().signal

/** Two sources and several volumes of each: only what is asked for is opened. */
describe('reading a part of a package', () => {
  let root = ''
  let keys: Keys
  const folderOf = (name: string) => join(root, 'out', name)

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'restitute-selective-'))
    keys = await newKeyFiles(root)
    for (const source of ['left', 'right']) {
      for (const part of ['a', 'b', 'c']) {
        await mkdir(join(root, source, part), { recursive: true })
        for (const n of [1, 2])
          await writeFile(join(root, source, part, `${n}.txt`), `${source} ${part} ${n}\n`)
      }
    }
    const sources: SourceTerms[] = ['left', 'right'].map((name) => ({
      name,
      url: `files:${join(root, name)}`,
    }))
    const limits = { bytes: 2 ** 20, items: 3, partBytes: 2 ** 20 }
    await exportFrom(root, keys, sources, { limits })
    await writeFile(join(root, 'left/b/2.txt'), 'left b 2, changed\n')
    await exportFrom(root, keys, sources, { limits, base: 'R1-0001', sequence: 2 })
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const opener = () => ({ privateKeys: [keys.client] })
  const counted = async (name: string) => {
    const counting = countingDestination(directoryDestination(folderOf(name)))
    const opened = await openPackage(counting.destination)
    return { counting, opened }
  }
  const encrypted = ({ opened }: CountingDestination) => opened().filter((name) => name.endsWith('.pgp'))

  /** The volumes that hold these paths of a source, by the index. */
  async function holders(name: string, source: string, path: string): Promise<string[]> {
    const found = await openPackage(directoryDestination(folderOf(name)))
    await using series = await openSeries([found], opener(), signal)
    const rows = series.db
      .prepare('SELECT DISTINCT volume FROM entries WHERE source = ? AND path = ?')
      .all(source, path)
    return rows.map((row) => String(row['volume']))
  }

  it('list opens the indexes alone', async () => {
    const { counting, opened } = await counted('R1-0001')
    expect(opened.manifest.volumes.length).toBeGreaterThan(6)
    const items = await Array.fromAsync(
      listPackage({ package: opened, opener: opener(), glob: '*/1.txt', signal }),
    )
    expect(items.map(({ source, item }) => `${source}/${item}`)).toEqual([
      'left/a/1.txt',
      'left/b/1.txt',
      'left/c/1.txt',
      'right/a/1.txt',
      'right/b/1.txt',
      'right/c/1.txt',
    ])
    expect(encrypted(counting)).toEqual(['index/left-01.jsonl.zst.pgp', 'index/right-01.jsonl.zst.pgp'])
  })

  it('a glob finds names that begin with a dot, and a name with brackets finds itself', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'tree/a/.b'), { recursive: true })
    for (const name of ['a/.c', 'a/.b/d', 'a/e[1]', 'f'])
      await writeFile(join(folder.path, 'tree', name), name)
    const source: SourceTerms = { name: 'tree', url: `files:${join(folder.path, 'tree')}` }
    await exportFrom(folder.path, keys, [source], { items: 'a/**' })
    const opened = await openPackage(directoryDestination(join(folder.path, 'out/R1-0001')))
    const list = async (glob: string) =>
      (await Array.fromAsync(listPackage({ package: opened, opener: opener(), glob, signal }))).map(
        ({ item, state }) => `${state} ${item}`,
      )
    expect(await list('**/[df]')).toEqual(['exported a/.b/d', 'excluded f'])
    expect(await list('a/e[1]')).toEqual(['exported a/e[1]'])
    const o = { package: opened, opener: opener(), to: join(folder.path, 'out/it'), signal }
    expect(await extractPackage({ ...o, glob: 'data/a/e[1]' })).toMatchObject({ files: 1 })
  })

  it('extract --path and --source open the index of that source and the one volume', async () => {
    const { counting, opened } = await counted('R1-0001')
    const to = join(root, 'one')
    const o = { package: opened, opener: opener(), to, sources: ['right'], glob: 'data/b/2.txt', signal }
    expect(await extractPackage(o)).toMatchObject({ files: 1 })
    expect(await readFile(join(to, 'right/data/b/2.txt'), 'utf8')).toBe('right b 2\n')
    const holding = await holders('R1-0001', 'right', 'data/b/2.txt')
    expect(holding).toHaveLength(1)
    expect(encrypted(counting)).toEqual(['index/right-01.jsonl.zst.pgp', ...holding])
  })

  it('extract --source alone opens no index and no volume of another source', async () => {
    const { counting, opened } = await counted('R1-0001')
    await extractPackage({
      package: opened,
      opener: opener(),
      to: join(root, 'left-only'),
      sources: ['left'],
      signal,
    })
    expect(await readdir(join(root, 'left-only'))).toEqual(['left'])
    const own = opened.manifest.volumes.filter(({ source }) => source === 'left').map(({ name }) => name)
    expect(encrypted(counting)).toEqual(own.sort())
  })

  it('restore opens no volume of another source', async () => {
    const first = await counted('R1-0001')
    const second = await counted('R1-0002')
    await using series = await openSeries([first.opened, second.opened], opener(), signal)
    const target = { name: 'left', url: `files:${join(root, 'rebuilt')}` }
    const connector = await connectorOf(target.url)
    const o = { series, source: 'left', target, connector, compare: true, opener: opener(), signal }
    const { comparison } = await restoreSource(o)
    expect(comparison).toMatchObject({ different: 0 })
    expect(await readFile(join(root, 'rebuilt/b/2.txt'), 'utf8')).toBe('left b 2, changed\n')
    for (const { opened, counting } of [first, second]) {
      const own = opened.manifest.volumes.filter(({ source }) => source === 'left').map(({ name }) => name)
      const read = encrypted(counting).filter((name) => name.startsWith('volumes/'))
      expect(own).toEqual(expect.arrayContaining(read))
      expect(read.length).toBeGreaterThan(0)
    }
  })

  it('list --json is one document, also when the index turns out to be wrong at its very end', async () => {
    const args = ['--key', join(root, 'client.key'), '--signer', join(root, 'operator.asc'), '--json']
    const sound = (await restitute(['list', folderOf('R1-0001'), ...args])).json()
    expect(sound).toMatchObject({ exit: 0 })
    expect(sound['items']).toHaveLength(20)
    const wrong = join(root, 'wrong')
    await cp(folderOf('R1-0001'), wrong, { recursive: true })
    const change = (manifest: Manifest): Manifest => ({
      ...manifest,
      indexes: manifest.indexes.map((index) => ({ ...index, plaintextSha256: '0'.repeat(64) })),
    })
    await resign(wrong, keys.operator, change, new Date())
    const run = await restitute(['list', wrong, ...args])
    expect(run.exit).toBe(3)
    expect(run.json()).toMatchObject({ exit: 3, error: { code: 'invalid' } })
    expect(run.json()['items']).toHaveLength(10)
  })
})
