import { join } from 'node:path'
import { expect, it } from 'vitest'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import { openSeries, summariseDelivery } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, newKeys, temporaryFolder } from '../support/export.ts'
import { shell } from '../support/torture-tree.ts'

const { signal } = new AbortController()

it('what lies in a folder that a second pass cannot read is lost, and not called removed', async () => {
  await using folder = await temporaryFolder()
  const keys = await newKeys()
  const opener = { privateKeys: [keys.client] }
  const sources = [{ name: 'docs', url: `files:${join(folder.path, 'tree')}` }]
  const workerUrl = new URL('../support/closed-folder-worker.ts', import.meta.url)
  await shell('mkdir -p tree/closed/deep && cd tree && touch gone kept closed/a closed/deep/b', folder.path)
  await exportFrom(folder.path, keys, sources, { workerUrl })
  await shell('rm tree/gone && touch tree.closed', folder.path)
  await exportFrom(folder.path, keys, sources, { workerUrl, base: 'R1-0001', sequence: 2 })

  const packages = await Promise.all(
    ['R1-0001', 'R1-0002'].map((name) => openPackage(directoryDestination(join(folder.path, 'out', name)))),
  )
  const [source] = packages[1]?.manifest.sources ?? []
  expect(source?.totals).toMatchObject({ removed: { items: 1 }, lost: { items: 4 } })
  expect(source?.reasons).toEqual({ 'cannot be read: EACCES': 4 })
  const trust = { signers: [keys.operator.publicKey] }
  for (const { destination } of packages)
    expect((await verifyPackage({ destination, trust, opener })).verdict).toBe('valid')
  await using series = await openSeries(packages, opener, signal)
  expect(summariseDelivery(series).losses).toHaveLength(4)
})
