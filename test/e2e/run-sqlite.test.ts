import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage, type Package } from '../../packages/archive/src/index.ts'
import {
  compareSource,
  type ExportedPackage,
  listPackage,
  openSeries,
  type Restoration,
  restoreSource,
} from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { available } from '../support/programs.ts'

vi.setConfig({ testTimeout: 60_000 })

const { signal } = new AbortController()
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }
const chinook = join(import.meta.dirname, '../../../shared/data/sqlite/chinook.sqlite')
const present = available(existsSync(chinook), 'shared/data/sqlite/chinook.sqlite not found')

function exportDatabase(folder: string, variation: Variation = {}): Promise<ExportedPackage> {
  return exportFrom(folder, keys, [{ name: 'records', url: `sqlite:${join(folder, 'live.db')}` }], variation)
}

function opened(done: ExportedPackage): Promise<Package> {
  return openPackage(directoryDestination(done.url.replace('directory:', '')))
}

async function restore(packages: readonly Package[], to: string): Promise<Restoration> {
  await using series = await openSeries(packages, opener, signal)
  const target = { name: 'records', url: `sqlite:${to}` }
  const connector = await connectorOf(target.url)
  return await restoreSource({ series, source: 'records', target, connector, compare: true, opener, signal })
}

function change(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'live.db'))
  db.exec(sql)
  db.close()
}

describe.runIf(present)('a database', () => {
  it('is delivered in two passes, and both packages together rebuild it', async () => {
    await using folder = await temporaryFolder()
    await copyFile(chinook, join(folder.path, 'live.db'))
    const first = await exportDatabase(folder.path)
    expect(first.manifest.sources[0]).toMatchObject({ kind: 'sqlite', view: { consistency: 'snapshot' } })
    change(folder.path, `UPDATE Genre SET Name = 'new' WHERE GenreId = 1; DELETE FROM PlaylistTrack`)
    const second = await exportDatabase(folder.path, { base: 'R1-0001', sequence: 2 })
    const packages = [await opened(first), await opened(second)]
    const restored = await restore(packages, join(folder.path, 'back.db'))
    expect(restored.comparison).toMatchObject({ different: 0, items: 12 })
    const db = new DatabaseSync(join(folder.path, 'back.db'), { readOnly: true })
    expect(db.prepare('SELECT Name FROM Genre WHERE GenreId = 1').get()).toEqual({ Name: 'new' })
    expect(db.prepare('SELECT count(*) AS n FROM PlaylistTrack').get()).toEqual({ n: 0 })
    db.close()
    const trust = { signers: [keys.operator.publicKey] }
    for (const { destination, manifest, sha256 } of packages) {
      const known = packages.map((one) => ({ package: one.manifest.package, manifestSha256: one.sha256 }))
      const report = await verifyPackage({ destination, trust, opener, known })
      expect(report.findings, `${manifest.package} ${sha256}`).toEqual([])
    }
  })

  it('is equal no longer once the rebuilt one is changed', async () => {
    await using folder = await temporaryFolder()
    await copyFile(chinook, join(folder.path, 'live.db'))
    const one = await opened(await exportDatabase(folder.path))
    await restore([one], join(folder.path, 'back.db'))
    const db = new DatabaseSync(join(folder.path, 'back.db'))
    db.exec(`UPDATE Artist SET Name = 'x' WHERE ArtistId = 5`)
    db.close()
    await using series = await openSeries([one], opener, signal)
    const target = { name: 'records', url: `sqlite:${join(folder.path, 'back.db')}` }
    const connector = await connectorOf(target.url)
    const found = await compareSource({ series, source: 'records', target, connector, signal })
    expect(found).toMatchObject({ different: 1, differences: [{ item: 'table/Artist', change: 'changed' }] })
    const listed = await Array.fromAsync(listPackage({ package: one, opener, glob: 'table/A*', signal }))
    expect(listed.map(({ item }) => item)).toEqual(['table/Album', 'table/Artist'])
  })
})
