import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@restitute/core'
import { describe, expect, it, vi } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { liesIn, samePlace } from '../../cli/src/destinations.ts'
import { directoryDestination, openPackage, type Package } from '../../packages/archive/src/index.ts'
import { type Destination, RestituteError } from '../../packages/core/src/index.ts'
import type { PackageRef } from '../../packages/manifest/src/index.ts'
import {
  deliveredItems,
  deliveredLosses,
  deliverPackage,
  type ExportedPackage,
  exportPackage,
  listPackage,
  openJournals,
  openSeries,
  packageUrl,
  restoreSource,
  summariseDelivery,
  takeInventory,
} from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, exportOptions, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { harvest, plant, sampleTree } from '../support/tree.ts'

vi.setConfig({ testTimeout: 60_000 })

const { signal } = new AbortController()
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }

function exportTree(folder: string, variation: Variation = {}): Promise<ExportedPackage> {
  return exportFrom(folder, keys, [{ name: 'docs', url: `files:${join(folder, 'tree')}` }], variation)
}

function opened(done: ExportedPackage): Promise<Package> {
  return openPackage(directoryDestination(done.url.replace('directory:', '')))
}

function refOf({ package: name, sha256 }: ExportedPackage): PackageRef {
  return { package: name, manifestSha256: sha256 }
}

async function restore(packages: readonly Package[], to: string): ReturnType<typeof restoreSource> {
  await using series = await openSeries(packages, opener, signal)
  const target = { name: 'docs', url: `files:${to}` }
  const connector = await connectorOf(target.url)
  return await restoreSource({ series, source: 'docs', target, connector, compare: true, opener, signal })
}

describe('a delivery of one package', () => {
  it('verifies in full, lists every item, and rebuilds an equal source', async () => {
    await using folder = await temporaryFolder()
    const tree = sampleTree(40)
    await plant(join(folder.path, 'tree'), tree)
    const done = await exportTree(folder.path)
    const one = await opened(done)
    const trust = { signers: [keys.operator.publicKey] }
    const report = await verifyPackage({ destination: one.destination, trust, opener })
    expect(report.findings).toEqual([])
    expect(report.verdict).toBe('valid')
    const list = (glob?: string) => Array.fromAsync(listPackage({ package: one, opener, glob, signal }))
    const ids = (await list()).map(({ item }) => item)
    expect(ids).toEqual(['./', ...Object.keys(tree)].sort())
    expect((await list('d1/*')).map(({ item }) => item)).toContain('d1/f1.txt')
    const restored = await restore([one], join(folder.path, 'back'))
    expect(restored.comparison).toMatchObject({ items: ids.length, different: 0 })
    expect(await harvest(join(folder.path, 'back'))).toEqual(tree)
  })

  it('lies where it was said, also when question marks are in the name of its place', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(10))
    const place = `directory:${join(folder.path, 'out? which? A/')}`
    const docs = { name: 'docs', url: `files:${join(folder.path, 'tree')}` }
    const done = await exportPackage({ ...exportOptions(folder.path, keys, [docs]), place: { url: place } })
    expect(done.url).toBe(`${place}R1-0001`)
    expect((await opened(done)).sha256).toBe(done.sha256)
    expect(await readdir(folder.path)).toEqual(['out? which? A', 'tree', 'work'])
    // The folder's own name is random, and may end with an A.
    expect(samePlace(place, place.replace(/A\/$/, 'A'))).toBe(true)
    expect(samePlace(place, place.replace(/A\/$/, 'B'))).toBe(false)
    expect(liesIn(done.url, place)).toBe(true)
    const query = '?endpoint=https://host/?a=b?c'
    expect(packageUrl(`s3://bucket/out${query}`, 'R1-0001')).toBe(`s3://bucket/out/R1-0001${query}`)
  })

  it('accounts for every item, and repeats nothing when asked again', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(10))
    const done = await exportTree(folder.path)
    const [source] = done.manifest.sources
    expect(source?.totals.inventoried).toEqual(source?.totals.exported)
    expect(done.incomplete).toBe(false)
    const again = await exportTree(folder.path)
    expect(again.sha256).toBe(done.sha256)
    expect(again.volumes).toEqual({ reused: done.manifest.volumes.length, made: 0 })
  })

  it('states items that were not asked for, the same to host and client', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(10))
    const done = await exportTree(folder.path, { items: '{d1/**,large.bin}' })
    expect(done.incomplete).toBe(true)
    expect(Object.keys(done.manifest.sources[0]?.reasons ?? {})).toEqual(['not asked for'])
    await using series = await openSeries([await opened(done)], opener, signal)
    using journals = openJournals(join(folder.path, 'work'), [refOf(done)])
    const { losses } = summariseDelivery(series)
    expect(losses.length).toBe(done.manifest.sources[0]?.totals.excluded.items)
    expect(deliveredLosses(journals)).toEqual(losses)
  })
})

describe('a source', () => {
  it('that the contract excludes is named with the reason, never read, and makes the package incomplete', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(5))
    const sources = [
      { name: 'docs', url: `files:${join(folder.path, 'tree')}` },
      { name: 'mail', url: 'files:/nowhere', excluded: 'kept by another host' },
    ]
    const done = await exportFrom(folder.path, keys, sources)
    expect(done.incomplete).toBe(true)
    expect(done.manifest.sources[1]).toMatchObject({ name: 'mail', totals: { inventoried: { items: 0 } } })
    expect(Object.keys(done.manifest.sources[1]?.reasons ?? {}).join()).toContain('kept by another host')
  })

  it('that cannot be reached stops the export before anything is written', async () => {
    await using folder = await temporaryFolder()
    const gone = exportFrom(folder.path, keys, [{ name: 'docs', url: `files:${folder.path}/nothing` }])
    await expect(gone).rejects.toMatchObject({ code: 'source-unreachable' })
    expect(await readdir(folder.path)).not.toContain('out')
  })

  it('is counted by the inventory as by the export', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(12))
    const sources = [{ name: 'docs', url: `files:${join(folder.path, 'tree')}` }]
    const hooks = { folder: join(folder.path, 'hooks'), clock: systemClock }
    const [counted] = await takeInventory({ sources, connectorOf, hooks, signal })
    const { manifest } = await exportTree(folder.path)
    expect(manifest.sources[0]?.totals.inventoried).toEqual({ items: counted?.items, bytes: counted?.bytes })
    expect(manifest.sources[0]?.fingerprint).toBe(counted?.view.fingerprint)
    expect(counted?.kinds).toMatchObject({ file: { items: 13 }, symlink: { items: 1 } })
  })
})

describe('two passes', () => {
  it('make a series that equals the source, with only what changed in the second package', async () => {
    await using folder = await temporaryFolder()
    const tree = join(folder.path, 'tree')
    await plant(tree, sampleTree(40))
    const first = await exportTree(folder.path)
    await plant(tree, { 'd1/f1.txt': 'changed', 'new/file.txt': 'new', 'large.bin': 'LARGE '.repeat(90_000) })
    await rm(join(tree, 'd2/f2.txt'))
    await rm(join(tree, 'd3'), { recursive: true })
    await symlink('large.bin', join(tree, 'second-link'))
    const second = await exportTree(folder.path, { base: 'R1-0001', sequence: 2 })
    const totals = second.manifest.sources[0]?.totals
    expect(second.manifest.base).toEqual({ package: 'R1-0001', manifestSha256: first.sha256 })
    expect(totals?.removed.items).toBe(12)
    expect(totals?.unchanged.items).toBe(32)
    const packages = [await opened(first), await opened(second)]
    const restored = await restore(packages, join(folder.path, 'back'))
    expect(restored.comparison?.differences).toEqual([])
    expect(await harvest(join(folder.path, 'back'))).toEqual(await harvest(tree))
  })

  it('leave the host with the list that the source still equals', async () => {
    await using folder = await temporaryFolder()
    const tree = join(folder.path, 'tree')
    await plant(tree, sampleTree(12))
    const first = await exportTree(folder.path)
    await plant(tree, { 'd1/f1.txt': 'changed' })
    const second = await exportTree(folder.path, { base: 'R1-0001', sequence: 2 })
    using journals = openJournals(join(folder.path, 'work'), [refOf(first), refOf(second)])
    const connector = await connectorOf(`files:${tree}`)
    await using watcher = await connector.watch({ name: 'docs', url: `files:${tree}` }, signal)
    expect(await Array.fromAsync(watcher.differences(deliveredItems(journals, 'docs'), signal))).toEqual([])
    await writeFile(join(tree, 'd1/f5.txt'), 'later')
    const later = await Array.fromAsync(watcher.differences(deliveredItems(journals, 'docs'), signal))
    expect(later).toMatchObject([{ item: 'd1/f5.txt', change: 'changed' }])
  })

  it('heal what the first one excluded', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(12))
    const first = await exportTree(folder.path, { items: 'd1/**' })
    const second = await exportTree(folder.path, { base: 'R1-0001', sequence: 2 })
    expect(second.incomplete).toBe(false)
    using journals = openJournals(join(folder.path, 'work'), [refOf(first), refOf(second)])
    expect(deliveredLosses(journals)).toEqual([])
  })

  it('refuse a package that does not continue the one before, and a later one alone', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(5))
    const first = await opened(await exportTree(folder.path))
    const second = await opened(await exportTree(folder.path, { base: 'R1-0001', sequence: 2 }))
    await expect(openSeries([second, first], opener, signal)).rejects.toMatchObject({ code: 'invalid' })
    await expect(restore([second], join(folder.path, 'back'))).rejects.toMatchObject({ code: 'usage' })
    expect(await readdir(folder.path)).not.toContain('back')
  })
})

describe('deliverPackage', () => {
  it('copies a package whole, and goes on where it was cut', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(20))
    const one = await opened(await exportTree(folder.path))
    const to = directoryDestination(join(folder.path, 'client'))
    const cut = new AbortController()
    const progress = (): void => cut.abort()
    await expect(deliverPackage({ package: one, to, signal: cut.signal, progress })).rejects.toMatchObject({
      code: 'interrupted',
    })
    const done = await deliverPackage({ package: one, to, signal })
    expect(done.files).toBe((await Array.fromAsync(one.destination.list())).length)
    expect((await deliverPackage({ package: one, to, signal })).skipped).toBe(done.files)
    expect((await openPackage(to)).sha256).toBe(one.sha256)
  })

  it('copies two files side by side, the manifest last and alone', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(20))
    const one = await opened(await exportTree(folder.path))
    const to = directoryDestination(join(folder.path, 'client'))
    const begun: { name: string; atOnce: number }[] = []
    let open = 0
    const create: Destination['create'] = async (name) => {
      const file = await to.create(name)
      begun.push({ name, atOnce: ++open })
      const close = async (): Promise<void> => {
        await file[Symbol.asyncDispose]()
        open--
      }
      return {
        write: (chunk) => file.write(chunk),
        commit: () => file.commit(),
        [Symbol.asyncDispose]: close,
      }
    }
    await deliverPackage({ package: one, to: { ...to, create }, signal })
    expect(Math.max(...begun.map(({ atOnce }) => atOnce))).toBe(2)
    expect(begun.at(-1)).toEqual({ name: 'manifest.json', atOnce: 1 })
  })

  it('leaves a whole package of the same name as it is: it may be all that is left of another contract', async () => {
    await using folder = await temporaryFolder()
    await using other = await temporaryFolder()
    const to = directoryDestination(join(folder.path, 'client/R1-0001'))
    for (const [{ path }, files] of [
      [folder, 5],
      [other, 20],
    ] as const)
      await plant(join(path, 'tree'), sampleTree(files))
    const [first, second] = [
      await opened(await exportTree(folder.path)),
      await opened(await exportTree(other.path)),
    ]
    await deliverPackage({ package: first, to, signal })
    const delivering = deliverPackage({ package: second, to, signal })
    await expect(delivering).rejects.toMatchObject({ code: 'target-not-empty' })
    const trust = { signers: [keys.operator.publicKey] }
    const report = await verifyPackage({ destination: to, trust, opener })
    expect(report.verdict).toBe('valid')
    expect((await openPackage(to)).sha256).toBe(first.sha256)
  })

  it('ends at a full disk, however much goes there before it is full', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(1))
    await writeFile(join(folder.path, 'tree', 'scan.bin'), randomBytes(7_000_000))
    const limits = { bytes: 8_000_000, items: 100, partBytes: 8_000_000 }
    const one = await opened(await exportTree(folder.path, { limits }))
    const to = directoryDestination(join(folder.path, 'client'))
    const create: Destination['create'] = async (name) => {
      const file = await to.create(name)
      let written = 0
      const write = async (chunk: Uint8Array): Promise<void> => {
        written += chunk.length
        if (written > 5_000_000) throw new RestituteError('destination-full', 'no room')
        await file.write(chunk)
      }
      return { write, commit: () => file.commit(), [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() }
    }
    const giveUp = AbortSignal.timeout(30_000)
    const delivering = deliverPackage({ package: one, to: { ...to, create }, signal: giveUp })
    await expect(delivering).rejects.toMatchObject({ code: 'destination-full' })
  })

  it('refuses to hand over a damaged volume', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(5))
    const one = await opened(await exportTree(folder.path))
    const volume = join(folder.path, 'out/R1-0001', one.manifest.volumes[0]?.name ?? '')
    const bytes = await readFile(volume)
    bytes[40] = (bytes[40] ?? 0) ^ 1
    await writeFile(volume, bytes)
    const to = directoryDestination(join(folder.path, 'client'))
    await expect(deliverPackage({ package: one, to, signal })).rejects.toMatchObject({ code: 'invalid' })
    const there = await Array.fromAsync(to.list())
    expect(there.map(({ name }) => name)).not.toContain('manifest.json')
  })
})
