import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { exportPackage, readingThreads } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportOptions, newKeys, temporaryFolder } from '../support/export.ts'
import { folderSecret, lockedDestinationOf } from '../support/locked-destination.ts'
import { plant, sampleTree } from '../support/tree.ts'

vi.setConfig({ testTimeout: 60_000 })

const keys = await newKeys()
const workerUrl = new URL('../support/locked-worker.ts', import.meta.url)

async function filesWith(folder: string, text: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((f) => f.isFile())
  const paths = files.map((file) => join(file.parentPath, file.name))
  const contents = await Promise.all(paths.map((path) => readFile(path)))
  return paths.filter((_, i) => contents[i]?.includes(text))
}

describe('the secret of a destination', () => {
  it('reaches the worker threads that write and read there, and no file of work folder or package', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(40))
    const sources = [{ name: 'docs', url: `files:${join(folder.path, 'tree')}` }]
    const options = exportOptions(folder.path, keys, sources, { workerUrl })
    const locked = { ...options, destinationOf: lockedDestinationOf }
    await expect(exportPackage(locked)).rejects.toMatchObject({ code: 'destination-unreachable' })

    const place = { ...options.place, secret: folderSecret }
    const { url } = await exportPackage({ ...locked, place })
    const inside = { ...place, url }
    const destination = await lockedDestinationOf(inside)
    await using threads = readingThreads(workerUrl, inside, destination, 2)
    const trust = { signers: [keys.operator.publicKey] }
    const opener = { privateKeys: [keys.client] }
    const report = await verifyPackage({ destination, trust, opener, workers: threads.verify })
    expect(report).toMatchObject({ verdict: 'valid', findings: [] })

    expect(await filesWith(folder.path, folderSecret)).toEqual([])
    expect(await filesWith(folder.path, 'docs')).not.toEqual([])
  })
})
