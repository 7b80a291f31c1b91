import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { openPackage } from '../../packages/archive/src/index.ts'
import { type IndexEntry, type IndexLine, sha256Hex } from '../../packages/manifest/src/index.ts'
import { openSeries, type Restoration, restoreSource } from '../../packages/run/src/index.ts'
import { makePackage } from '../../packages/verify/test/support/package.ts'
import { newWorld } from '../../packages/verify/test/support/world.ts'

/* Who restores without having verified must still not get less than the index lists. */

const world = newWorld()
const { signal } = new AbortController()

async function restored(to: string, further: readonly IndexLine[]): Promise<Restoration> {
  const lines = (all: IndexLine[]): IndexLine[] => [...all, ...further]
  const { destination } = await makePackage(world.fresh(), world.host, world.client, { lines })
  const opener = { privateKeys: [world.client] }
  await using series = await openSeries([await openPackage(destination)], opener, signal)
  const target = { name: 'records', url: `files:${to}` }
  const connector = await connectorOf(target.url)
  return await restoreSource({ series, source: 'records', target, connector, compare: false, opener, signal })
}

const missing: IndexEntry = {
  ...{ entry: 'tree-000002.jsonl', type: 'file', size: 1, sha256: sha256Hex('x') },
  volume: 'volumes/000001.tar.zst.pgp',
}

it('a restoration ends where a volume does not hold what the index lists in it', async () => {
  const [whole, less] = [world.fresh(), world.fresh()]
  expect((await restored(whole, [])).items).toBe(4)
  await expect(restored(less, [missing])).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('volumes/000001.tar.zst.pgp'),
  })
  expect(existsSync(less)).toBe(false)
})
