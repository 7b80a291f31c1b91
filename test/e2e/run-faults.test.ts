import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { directoryDestination } from '../../packages/archive/src/index.ts'
import type { ExportedPackage } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'
import { plant, sampleTree } from '../support/tree.ts'

vi.setConfig({ testTimeout: 60_000 })

const keys = await newKeys()
const workerUrl = new URL('../support/faulty-worker.ts', import.meta.url)

function exportWith(folder: string, faults: string): Promise<ExportedPackage> {
  const url = `files:${join(folder, 'tree')}?${faults}`
  return exportFrom(folder, keys, [{ name: 'docs', url }], { workerUrl })
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
    const done = await exportWith(folder.path, 'die')
    expect(await faultsOf(folder.path)).toBe(1)
    expect(done.manifest.measurements.some(({ retries }) => retries === 1)).toBe(true)
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
