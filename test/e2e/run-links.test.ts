import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage, type Package } from '../../packages/archive/src/index.ts'
import { type ExportedPackage, openSeries, restoreSource } from '../../packages/run/src/index.ts'
import { verifyPackage } from '../../packages/verify/src/index.ts'
import { exportFrom, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { listing } from '../support/listing.ts'
import { shell } from '../support/torture-tree.ts'

vi.setConfig({ testTimeout: 60_000 })

const { signal } = new AbortController()
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }

async function exported(folder: string, variation: Variation = {}): Promise<Package> {
  const done: ExportedPackage = await exportFrom(
    folder,
    keys,
    [{ name: 'docs', url: `files:${join(folder, 'tree')}` }],
    variation,
  )
  return openPackage(directoryDestination(done.url.replace('directory:', '')))
}

/** Verifies every package, restores them together, and compares; what lies in the restored tree. */
async function restored(packages: readonly Package[], to: string): Promise<string> {
  const trust = { signers: [keys.operator.publicKey] }
  for (const { destination } of packages) {
    const report = await verifyPackage({ destination, trust, opener })
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
  }
  await using series = await openSeries(packages, opener, signal)
  const target = { name: 'docs', url: `files:${to}` }
  const connector = await connectorOf(target.url)
  const options = { series, source: 'docs', target, connector, compare: true, opener, signal }
  expect((await restoreSource(options)).comparison).toMatchObject({ different: 0 })
  return await facts(to)
}

/** With the number of names of each file and how many blocks it occupies. */
async function facts(root: string): Promise<string> {
  const links = await shell(`find . -type f -printf '%P %n %b\\n' | sort`, root)
  return `${await listing(root)}${links}`
}

const makeTree = `
  mkdir -p tree/d && cd tree
  for name in a b c d/e; do echo $name > $name; ln $name $name-2; ln $name d/$(basename $name)-3; done`

it('a new name, a gone one, a renamed one and a changed file: both packages together give the tree', async () => {
  await using folder = await temporaryFolder()
  const tree = join(folder.path, 'tree')
  await shell(makeTree, folder.path)
  const first = await exported(folder.path)
  await shell('ln a zz; rm b; mv c 0; echo more >> d/e; echo new > y; ln y z', tree)
  const second = await exported(folder.path, { base: 'R1-0001', sequence: 2 })
  expect(await restored([first, second], join(folder.path, 'back'))).toBe(await facts(tree))
})

it('names whose first one is not asked for keep together', async () => {
  await using folder = await temporaryFolder()
  await shell(makeTree, folder.path)
  const only = await exported(folder.path, { items: '{./,d/,d/**}' })
  await restored([only], join(folder.path, 'back'))
  const names = await shell(`find . -type f -printf '%P %n\\n' | sort`, join(folder.path, 'back'))
  expect(names).toBe('d/a-3 1\nd/b-3 1\nd/c-3 1\nd/e 3\nd/e-2 3\nd/e-3 3\n')
})

it('large sparse files under several names are cut, a part that is all hole too', async () => {
  await using folder = await temporaryFolder()
  const tree = join(folder.path, 'tree')
  await shell(
    `mkdir tree && cd tree && echo start > disk && truncate -s 5M disk && echo end >> disk && ln disk disk-2
     head -c 700000 /dev/urandom > dense && ln dense a-dense && truncate -s 1M nothing`,
    folder.path,
  )
  const one = await exported(folder.path)
  expect(await restored([one], join(folder.path, 'back'))).toBe(await facts(tree))
})
