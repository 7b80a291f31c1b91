import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import { openPackage } from '../../packages/archive/src/index.ts'
import { exportPackage, openSeries, restoreSource, sampledSources } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportOptions, newKeys, temporaryFolder } from '../support/export.ts'

function only<T>([one]: readonly T[]): T {
  if (one === undefined) throw new Error('expected one, got none')
  return one
}

const signal = new AbortController().signal

async function tree(root: string): Promise<void> {
  for (let i = 0; i < 400; i++) {
    const folder = join(root, `ward-${i % 7}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, `letter-${i}.txt`), `letter ${i}\n`.repeat(1 + (i % 40)))
  }
  for (let i = 0; i < 3; i++) await writeFile(join(root, `image-${i}.raw`), Buffer.alloc(4_000_000, i + 1))
}

it('exports a part of each stratum, states the rest, and what it took whole comes back equal', async () => {
  await using folder = await temporaryFolder()
  await tree(join(folder.path, 'tree'))
  const keys = await newKeys()
  const sources = [{ name: 'documents', url: `files:${join(folder.path, 'tree')}` }]
  const options = { ...exportOptions(folder.path, keys, sources), sample: { share: 0.2, seed: 'one' } }
  const done = await exportPackage(options)
  const { exported, excluded, lost, inventoried } = only(done.manifest.sources).totals
  expect(exported.items + excluded.items + lost.items).toBe(inventoried.items)
  expect(exported.items).toBeGreaterThan(40)
  expect(excluded.items).toBeGreaterThan(200)
  expect(lost.items).toBeGreaterThan(0)
  expect(Object.keys(done.manifest.sources[0]?.reasons ?? {}).toSorted()).toEqual([
    'in the sample of this rehearsal in part only',
    'not in the sample of this rehearsal',
  ])
  expect(done.incomplete).toBe(true)

  const destination = await destinationOf({ url: done.url })
  const trust = { signers: [keys.operator.publicKey] }
  const opener = { privateKeys: [keys.client] }
  expect((await verifyPackage({ destination, trust, opener })).findings.map(({ code }) => code)).toEqual([
    'items-lost',
  ])

  await using series = await openSeries([await openPackage(destination)], opener, signal)
  const url = `files:${join(folder.path, 'back')}`
  const restored = await restoreSource({
    ...{ series, source: 'documents', target: { name: 'documents', url } },
    ...{ connector: await connectorOf(url), compare: true, opener, signal },
  })
  expect(restored.items).toBe(exported.items)
  expect(restored.comparison?.different).toBe(0)
})

it('keeps what each volume cost, and the strata that it stands for', async () => {
  await using folder = await temporaryFolder()
  await tree(join(folder.path, 'tree'))
  const sources = [{ name: 'documents', url: `files:${join(folder.path, 'tree')}` }]
  const options = {
    ...exportOptions(folder.path, await newKeys(), sources),
    sample: { share: 0.2, seed: '' },
  }
  const { package: name, manifest } = await exportPackage(options)
  const { strata, shards, beside, inventoried } = only(sampledSources(options.workDir, name))
  expect(strata.reduce((items, one) => items + one.bytes, 0)).toBe(inventoried.bytes)
  expect(strata.flatMap(({ volumes }) => volumes.map(({ id }) => id)).toSorted()).toEqual(
    shards.map(({ id }) => id).toSorted(),
  )
  expect(strata.find((one) => one.name === 'file pieces')?.drawn).toBeGreaterThanOrEqual(3)
  expect(shards.every(({ stages }) => stages.some((one) => one.busySeconds > 0))).toBe(true)
  expect(beside.map(({ stage }) => stage)).toEqual(['inventory', 'index'])
  expect(manifest.measurements.map(({ stage }) => stage)).toContain('inventory')
})

it('draws the same again for the same seed, and else for another', async () => {
  await using folder = await temporaryFolder()
  await tree(join(folder.path, 'tree'))
  const keys = await newKeys()
  const sources = [{ name: 'documents', url: `files:${join(folder.path, 'tree')}` }]
  const drawn = async (place: string, seed: string): Promise<string> => {
    const at = join(folder.path, place)
    const options = { ...exportOptions(at, keys, sources), sample: { share: 0.1, seed } }
    const { package: name } = await exportPackage(options)
    return JSON.stringify(sampledSources(options.workDir, name).flatMap(({ strata }) => strata))
  }
  const first = await drawn('a', 'x')
  expect(await drawn('b', 'x')).toBe(first)
  expect(await drawn('c', 'y')).not.toBe(first)
})
