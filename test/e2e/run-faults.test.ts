import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { directoryDestination } from '../../packages/archive/src/index.ts'
import type { ExportedPackage } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, newKeys, smallShards, temporaryFolder, type Variation } from '../support/export.ts'
import { plant, sampleTree } from '../support/tree.ts'

vi.setConfig({ testTimeout: 60_000 })

const keys = await newKeys()
const workerUrl = new URL('../support/faulty-worker.ts', import.meta.url)

function exportWith(folder: string, faults: string, variation: Variation = {}): Promise<ExportedPackage> {
  const url = `files:${join(folder, 'tree')}?${faults}`
  return exportFrom(folder, keys, [{ name: 'docs', url }], { workerUrl, ...variation })
}

async function expectWhole(folder: string): Promise<void> {
  const destination = directoryDestination(join(folder, 'out/R1-0001'))
  const trust = { signers: [keys.operator.publicKey] }
  const report = await verifyPackage({ destination, trust, opener: { privateKeys: [keys.client] } })
  expect(report.findings).toEqual([])
  expect((await readdir(folder, { recursive: true })).filter((name) => name.includes('.tmp'))).toEqual([])
}

async function faultsOf(folder: string): Promise<number> {
  return (await readFile(join(folder, 'tree.fault'), 'utf8')).length
}

describe('a worker that dies', () => {
  it('costs its shard one more attempt, which the manifest counts', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    const done = await exportWith(folder.path, 'die,first')
    expect(await faultsOf(folder.path)).toBe(1)
    expect(done.manifest.measurements.some(({ retries }) => retries === 1)).toBe(true)
    await expectWhole(folder.path)
  })

  it('costs, besides its shard, at most the volume that it was flushing and reading back', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    const done = await exportWith(folder.path, 'die')
    expect(await faultsOf(folder.path)).toBe(1)
    const attempts = done.manifest.measurements.find(({ stage }) => stage === 'write')?.retries
    expect([1, 2]).toContain(attempts)
    await expectWhole(folder.path)
  })

  it('costs a source that only it could read a new view, and nothing finished', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    const done = await exportWith(folder.path, 'die,bound')
    expect(await faultsOf(folder.path)).toBe(1)
    expect(done.manifest.sources[0]?.view.point).toContain('continued at')
    await expectWhole(folder.path)
  })
})

describe('a view that is lost', () => {
  it('leaves nothing in the journal of a volume that was half made', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(2000))
    const limits = { ...smallShards, bytes: 2 ** 26, items: 600 }
    const done = await exportWith(folder.path, 'lose', { limits })
    expect(await faultsOf(folder.path)).toBe(1)
    expect(done.manifest.sources[0]?.view.point).toContain('continued at')
    await expectWhole(folder.path)
  })

  it('makes no inventory of another source count that had not come to its end', async () => {
    await using folder = await temporaryFolder()
    for (const name of ['tree', 'more']) await plant(join(folder.path, name), sampleTree(1000))
    const sources = ['tree?held', 'more?lost'].map((url, i) => ({
      name: `source-${i}`,
      url: `files:${join(folder.path, url)}`,
    }))
    const workerUrl = new URL('../support/losing-worker.ts', import.meta.url)
    const done = await exportFrom(folder.path, keys, sources, { workerUrl })
    expect(existsSync(join(folder.path, 'more.lost'))).toBe(true)
    expect(done.manifest.sources.map(({ totals }) => totals.exported.items)).toEqual([1008, 1008])
    await expectWhole(folder.path)
  })
})

describe('an error that may pass', () => {
  it('is retried', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    await exportWith(folder.path, 'fail')
    expect(await faultsOf(folder.path)).toBe(1)
    await expectWhole(folder.path)
  })

  it('ends the export after three retries, with nothing half done left behind', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    await expect(exportWith(folder.path, 'fail,always')).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(await faultsOf(folder.path)).toBe(4)
    const left = await readdir(join(folder.path, 'out'), { recursive: true })
    expect(left.filter((name) => name.includes('.tmp') || name.includes('manifest'))).toEqual([])
  })
})
