import { existsSync, rmSync } from 'node:fs'
import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { directoryDestination, openPackage } from '../../packages/archive/src/index.ts'
import type { Destination } from '../../packages/core/src/index.ts'
import { deliverPackage, type ExportedPackage, exportPackage } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportOptions, newKeys, temporaryFolder } from '../support/export.ts'
import { plant, sampleTree } from '../support/tree.ts'

const keys = await newKeys()
const { signal } = new AbortController()
const first = 'volumes/000001.tar.zst.pgp'

/** Exports; what `harm` does to the package happens when all is written and nothing is sealed yet. */
async function exportAnd(folder: string, harm: (out: string) => Promise<void>): Promise<ExportedPackage> {
  const out = join(folder, 'out/R1-0001')
  const options = exportOptions(folder, keys, [{ name: 'docs', url: `files:${join(folder, 'tree')}` }])
  const harmed = ({ url }: { readonly url: string }): Destination => {
    const destination = directoryDestination(url.slice('directory:'.length))
    const sweep = async (): Promise<void> => {
      if (existsSync(join(out, 'index'))) await harm(out)
      await destination.sweep()
    }
    return { ...destination, sweep }
  }
  return exportPackage({ ...options, destinationOf: async (place) => harmed(place) })
}

describe('what vanishes from the place while the rest is written', () => {
  it.each([
    ['a volume', (out: string) => rm(join(out, first)), 'no file'],
    ['the index', (out: string) => rm(join(out, 'index'), { recursive: true }), 'no file'],
    ['the end of a volume', (out: string) => truncate(join(out, first), 100), '100 bytes'],
  ])('is noticed before anybody signs, and made anew by the next run: %s', async (_what, harm, got) => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    await expect(exportAnd(folder.path, harm)).rejects.toMatchObject({
      code: 'destination-failed',
      message: expect.stringMatching(new RegExp(`expected \\d+ bytes, got ${got}`)) as string,
      hint: expect.stringContaining('run it again') as string,
    })
    const out = join(folder.path, 'out/R1-0001')
    expect(existsSync(join(out, 'manifest.json'))).toBe(false)
    const done = await exportAnd(folder.path, async () => {})
    expect(done.volumes.reused).toBeGreaterThan(0)
    const trust = { signers: [keys.operator.publicKey] }
    const opener = { privateKeys: [keys.client] }
    const report = await verifyPackage({ destination: directoryDestination(out), trust, opener })
    expect(report.findings).toEqual([])
  })

  it('is noticed before a delivery is called whole, and sent anew by the next one', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    await exportAnd(folder.path, async () => {})
    const from = await openPackage(directoryDestination(join(folder.path, 'out/R1-0001')))
    const client = join(folder.path, 'client')
    const to = directoryDestination(client)
    const create: Destination['create'] = (name, ...rest) => {
      if (name === 'open.sh' && existsSync(join(client, first))) rmSync(join(client, first))
      return to.create(name, ...rest)
    }
    await expect(deliverPackage({ package: from, to: { ...to, create }, signal })).rejects.toMatchObject({
      code: 'destination-failed',
      message: expect.stringContaining('got no file') as string,
    })
    expect(existsSync(join(client, 'manifest.json'))).toBe(false)
    const { files, skipped } = await deliverPackage({ package: from, to, signal })
    expect(files - skipped).toBe(2)
  })
})
