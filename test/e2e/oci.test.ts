import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { check } from '../../cli/src/commands/check.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { extract } from '../../cli/src/commands/extract.ts'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { endless, hostileRegistry, type Trick } from '../../packages/connector-oci/test/hostile-registry.ts'
import { image, pushImage } from '../../packages/connector-oci/test/images.ts'
import { run } from '../../packages/connector-oci/test/support.ts'
import { startRegistry } from '../services/registry.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { measuredRestitute } from '../support/cli.ts'
import { type Pushed, pushSigned } from '../support/container-images.ts'
import { havePrograms } from '../support/programs.ts'

const present = havePrograms('docker-registry', 'skopeo', 'umoci')
const repository = 'team/app'

interface Place {
  readonly origin: string
}

const at = ({ origin }: Place, tag: string): string =>
  `docker://${origin.replace('http://', '')}/${repository}:${tag}`
const raw = (place: Place, tag: string): string =>
  run('skopeo', 'inspect', '--tls-verify=false', '--raw', at(place, tag))

/** Tags and what they name, byte for byte. */
function everything(place: Place): string {
  const { Tags } = JSON.parse(
    run('skopeo', 'list-tags', '--tls-verify=false', at(place, '').slice(0, -1)),
  ) as { Tags: string[] }
  return Tags.toSorted()
    .map((tag) => `${tag} ${raw(place, tag)}`)
    .join('\n')
}

/** The root file system that umoci makes of an image of a layout. */
function unpacked(layout: string, name: string, folder: string): string {
  run('umoci', 'unpack', '--image', `${layout}:${name}`, folder)
  return join(folder, 'rootfs')
}

async function exportTwice(c: Case, source: Place): Promise<void> {
  await pin(c)
  await agreeScope(c)
  expect((await exportPackage(c)).exit).toBe(0)
  await pushImage(source.origin, repository, image('late', [90_000]), 'late')
  const second = await exportPackage(c, 'R1-0001')
  expect(second.exit).toBe(0)
  await deliverAll(c)
}

async function restoreTo(c: Case, url: string): Promise<void> {
  const packages = ['R1-0001', 'R1-0002'].map((name) => join(c.client, name))
  const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
  const options = { packages, key: c.keyFile('client-1'), source: 'images', to: url, compare: true, signers }
  const { exit, lines } = await restore(c.session, options)
  expect(exit, lines.join('\n')).toBe(0)
}

async function destroyAll(c: Case): Promise<unknown> {
  await acknowledgeAll(c, ['R1-0001', 'R1-0002'])
  await giveNotice(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
  const confirm = await see(c)
  c.clock.advance('P30D')
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  return (await certify(c.as('verifier'), {})).json['status']
}

async function extracted(c: Case, name: string): Promise<string> {
  const to = join(c.root, name)
  const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
  await extract(c.session, {
    package: join(c.client, name),
    key: c.keyFile('client-1'),
    to,
    sources: [],
    signers,
  })
  return join(to, 'images', 'data')
}

/** Of the platform's image, in both layouts, by digest. */
function sameFiles(c: Case, source: string, target: string, name: string): void {
  const folders = [
    unpacked(source, name, join(c.root, `a-${name}`)),
    unpacked(target, name, join(c.root, `b-${name}`)),
  ]
  expect(run('diff', '-r', ...folders)).toBe('')
  expect(run('ls', join(folders[0] ?? '', 'data'))).toBe('2.txt\n3.txt\n')
}

async function expectReadable(c: Case, { index, signature, sbom }: Pushed): Promise<void> {
  const layout = await extracted(c, 'R1-0001')
  for (const digest of [index, signature, sbom]) {
    const file = join(layout, 'blobs', digest.replace(':', '/'))
    expect(run('sha256sum', file).slice(0, 64)).toBe(digest.slice(7))
  }
  sameFiles(c, join(c.root, 'built'), layout, 'amd64')
  sameFiles(c, join(c.root, 'built'), layout, 'arm64')
}

describe('a hostile registry', () => {
  it('whose lists and manifests never end makes nobody hold them', async () => {
    const one = image('one', [1_000])
    const trick: Trick = ({ url }, response) =>
      url?.includes('/manifests/sha256') === true && endless(response)
    await using endlessManifests = await hostileRegistry({ one: one.manifest }, one.blobs, trick)
    const lists: Trick = ({ url }, response) => url?.includes('/tags/') === true && endless(response)
    await using endlessLists = await hostileRegistry({}, [], lists)
    for (const { origin } of [endlessManifests, endlessLists]) {
      await using c = await openCase({ sources: async () => [{ name: 'images', url: `oci:${origin}/a/b` }] })
      const ran = await measuredRestitute(['inventory', '--dossier', c.dossier])
      expect(ran.exit, ran.stderr).toBeGreaterThan(0)
      expect(ran.peakBytes).toBeLessThan(450 * 1024 ** 2)
    }
  })
})

describe.runIf(present)('container images', () => {
  it('a signed image for two platforms leaves a registry, which is destroyed, and comes back in another', async () => {
    await using source = await startRegistry()
    await using target = await startRegistry()
    let pushed: Pushed = { index: '', signature: '', sbom: '' }
    await using c = await openCase({
      sources: async (root) => {
        pushed = await pushSigned(source.origin, repository, root)
        return [{ name: 'images', url: `oci:${source.origin}/${repository}` }]
      },
    })
    expect((await inventory(c.session, { sources: [] })).exit).toBe(0)
    await exportTwice(c, source)
    expect((await check(c.session, { contractOnly: false })).lines.join('\n')).toContain('reachable')
    const before = everything(source)
    await expectReadable(c, pushed)
    expect(await destroyAll(c)).toBe('final')
    expect(() => raw(source, 'v1')).toThrow('manifest unknown')
    await restoreTo(c, `oci:${target.origin}/${repository}`)
    expect(everything(target)).toBe(before)
    await restoreTo(c, `oci:layout:${join(c.root, 'layout')}`)
    expect(run('skopeo', 'inspect', '--raw', `oci:${join(c.root, 'layout')}:v1`)).toBe(raw(target, 'v1'))
    const valid = await verify(c.session, {
      path: join(c.client, 'R1-0002'),
      signers: [],
      packages: [],
      key: c.keyFile('client-1'),
    })
    expect(valid.exit, valid.lines.join('\n')).toBe(0)
  })

  it('what another repository shares is kept there, and the certificate says how much', async () => {
    await using source = await startRegistry()
    await using c = await openCase({
      sources: async () => {
        const base = image('of both', [50_000, 60_000])
        await pushImage(source.origin, repository, base, 'v1')
        await pushImage(source.origin, 'other/app', base, 'v1')
        return [{ name: 'images', url: `oci:${source.origin}/${repository}` }]
      },
    })
    await exportTwice(c, source)
    expect(await destroyAll(c)).toBe('final')
    const certificate = await readFile(join(c.dossier, 'documents/certificate-R1.json'), 'utf8')
    expect(certificate).toContain('Blobs that other repositories of the registry use are kept there: 3.')
    const kept = ['skopeo', 'inspect', '--tls-verify=false', '--raw'] as const
    const other = `docker://${source.origin.replace('http://', '')}/other/app:v1`
    expect(run(...kept, other)).toContain('layers')
  })
})
