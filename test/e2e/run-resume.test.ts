import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import type { ExportedPackage } from '../../packages/run/src/index.ts'
import { openSeries } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { entrySet } from '../support/entry-set.ts'
import { exportFrom, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { plant, sampleTree } from '../support/tree.ts'

vi.setConfig({ testTimeout: 120_000 })

const { signal } = new AbortController()
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }

async function planted(): Promise<Awaited<ReturnType<typeof temporaryFolder>>> {
  const folder = await temporaryFolder()
  await plant(join(folder.path, 'tree'), sampleTree(40))
  await plant(join(folder.path, 'more'), sampleTree(20))
  return folder
}

function finish(folder: string, variation: Variation = {}): Promise<ExportedPackage> {
  const sources = ['tree', 'more'].map((name) => ({
    name: name === 'tree' ? 'docs' : name,
    url: `files:${join(folder, name)}`,
  }))
  return exportFrom(folder, keys, sources, variation)
}

/** Without BagIt's own files, which name the package. */
function payload(entries: readonly string[]): string[] {
  return entries.filter((entry) => / (data|tree-)/.test(entry))
}

async function entriesOf(done: ExportedPackage): Promise<string[]> {
  return entrySet(await openPackage(at(done)), keys.client)
}

function at(done: ExportedPackage): ReturnType<typeof directoryDestination> {
  return directoryDestination(done.url.replace('directory:', ''))
}

async function filesBelow(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true }).catch(() => [])
}

async function expectWhole(done: ExportedPackage): Promise<void> {
  const trust = { signers: [keys.operator.publicKey] }
  const report = await verifyPackage({ destination: at(done), trust, opener })
  expect(report.findings).toEqual([])
}

/** Stops an export once some bytes were written. */
async function stopEarly(folder: string): Promise<void> {
  const abort = new AbortController()
  const progress: Variation['progress'] = ({ task, doneItems }) => {
    if (task === 'export' && (doneItems ?? 0) > 20) abort.abort()
  }
  await expect(finish(folder, { signal: abort.signal, progress })).rejects.toMatchObject({
    code: 'interrupted',
  })
}

describe('an export that is resumed', () => {
  it('says that it went on in a new view of an unchanged source', async () => {
    await using folder = await planted()
    await stopEarly(folder.path)
    const done = await finish(folder.path)
    expect(done.volumes.reused).toBeGreaterThan(0)
    const views = done.manifest.sources.map(({ view }) => view)
    expect(views.filter(({ point }) => point.includes('continued at')).length).toBeGreaterThan(0)
    await expectWhole(done)
  })

  it('removes nothing of another one that was begun on a disk which is mounted in its place', async () => {
    await using folder = await planted()
    await using other = await planted()
    for (const { path } of [folder, other]) await stopEarly(path)
    const [place, theirs, aside] = [
      join(folder.path, 'out'),
      join(other.path, 'out'),
      join(folder.path, 'aside'),
    ]
    const before = await filesBelow(theirs)
    await rename(place, aside)
    await rename(theirs, place)
    await expect(finish(folder.path)).rejects.toMatchObject({
      code: 'target-not-empty',
      hint: expect.stringContaining('of another contract') as string,
    })
    expect(await filesBelow(place)).toEqual(before)
    await rename(place, theirs)
    await rename(aside, place)
    for (const { path } of [folder, other]) await expectWhole(await finish(path))
  })

  it('starts a source again that has changed meanwhile, and never mixes the two', async () => {
    await using folder = await planted()
    await stopEarly(folder.path)
    await plant(join(folder.path, 'tree'), { 'a-new-file': 'new' })
    await rm(join(folder.path, 'tree/d1/f1.txt'))
    const done = await finish(folder.path)
    const [docs] = done.manifest.sources
    expect(docs?.view.point).not.toContain('continued at')
    const fresh = await finish(folder.path, { sequence: 2 })
    expect(payload(await entriesOf(done))).toEqual(payload(await entriesOf(fresh)))
    await expectWhole(done)
  })

  it('makes a volume again that was damaged or cut meanwhile', async () => {
    await using folder = await planted()
    await stopEarly(folder.path)
    const volumes = join(folder.path, 'out/R1-0001/volumes')
    const [first = '', second = ''] = (await readdir(volumes)).sort()
    await truncate(join(volumes, first), 100)
    const bytes = await readFile(join(volumes, second))
    bytes[200] = (bytes[200] ?? 0) ^ 1
    await writeFile(join(volumes, second), bytes)
    await expectWhole(await finish(folder.path))
  })

  it('refuses other options, and a place where something else lies', async () => {
    await using folder = await planted()
    await stopEarly(folder.path)
    await expect(finish(folder.path, { items: 'd1/*' })).rejects.toMatchObject({ code: 'usage' })
    await rm(join(folder.path, 'work'), { recursive: true })
    await expect(finish(folder.path)).rejects.toMatchObject({ code: 'target-not-empty' })
  })

  it('has nobody remove the package of a dossier that was restored from before it', async () => {
    await using folder = await planted()
    await finish(folder.path)
    await rm(join(folder.path, 'work'), { recursive: true })
    const hint = expect.stringMatching(/older backup\? remove nothing/)
    await expect(finish(folder.path)).rejects.toMatchObject({ code: 'target-not-empty', hint })
  })

  it('touches nothing of the package of a dossier that was restored from the middle of its export', async () => {
    await using folder = await planted()
    await stopEarly(folder.path)
    const [work, backup] = [join(folder.path, 'work'), join(folder.path, 'backup')]
    await cp(work, backup, { recursive: true })
    const done = await finish(folder.path)
    await rm(work, { recursive: true })
    await cp(backup, work, { recursive: true })
    const hint = expect.stringMatching(/older backup\? remove nothing/)
    await expect(finish(folder.path)).rejects.toMatchObject({ code: 'target-not-empty', hint })
    await expectWhole(done)
    expect((await openPackage(at(done))).sha256).toBe(done.sha256)
  })
})

describe('an empty source', () => {
  it('is an error, unless the contract declares it empty', async () => {
    await using folder = await temporaryFolder()
    await plant(folder.path, { 'tree/': '', 'other/': '' })
    const url = `files:${join(folder.path, 'tree')}`
    const refused = exportFrom(folder.path, keys, [{ name: 'docs', url }])
    await expect(refused).rejects.toMatchObject({ code: 'source-empty' })
    expect(await filesBelow(join(folder.path, 'out'))).toEqual([])
    const done = await exportFrom(folder.path, keys, [{ name: 'docs', url, empty: true }], { sequence: 2 })
    expect(done.manifest.sources[0]?.declaredEmpty).toBe(true)
    await using series = await openSeries([await openPackage(at(done))], opener, signal)
    expect(series.sources).toEqual(['docs'])
    await expectWhole(done)
  })
})
