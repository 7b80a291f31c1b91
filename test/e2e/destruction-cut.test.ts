import { execFileSync } from 'node:child_process'
import { cp, link, mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { run } from '../../packages/connector-mysql/test/support.ts'
import { image, indexOf, pushImage, pushManifest } from '../../packages/connector-oci/test/images.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { sqlServer } from '../services/mariadb.ts'
import { startPostgres } from '../services/postgres.ts'
import { startRegistry } from '../services/registry.ts'
import { chooseS3, type S3Server } from '../services/s3.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { cut, destroyingBy } from '../support/cut-destruction.ts'
import { havePrograms } from '../support/programs.ts'
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'

/* A destruction that is cut short goes on: what it did itself is no change of the source. */

async function tree(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  for (const name of ['a', 'b']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'a', 'first.txt'), 'Dear colleague\n')
  for (const name of ['b/second.txt', 'last.txt']) await writeFile(join(folder, name), 'Dear colleague\n')
  await link(join(folder, 'a', 'first.txt'), join(folder, 'b', 'same.txt'))
  return [{ name: 'documents', url: `files:${folder}` }]
}

it('a tree of which a folder is gone is destroyed when it is run again', async () => {
  await using c = await openCase({ sources: tree })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  const left = join(c.root, 'source')
  expect((await stat(left)).isDirectory()).toBe(true)
  const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
  expect(exit, lines.join('\n')).toBe(0)
  await expect(stat(left)).rejects.toThrow('ENOENT')
})

it.each([
  ['its disk is not mounted', () => undefined],
  ['another disk is mounted in its place', (root: string) => mountSmallDisk(join(root, 'data'), 1)],
])('what is left of a tree is not taken for gone while %s', async (_, mount) => {
  let disk: SmallDisk | undefined
  const sources = async (root: string): Promise<{ name: string; url: string }[]> => {
    disk = mountSmallDisk(join(root, 'data'), 1)
    return tree(join(root, 'data'))
  }
  await using c = await openCase({ sources })
  if (disk === undefined) return
  const confirm = await makeReady(c)
  await cut(c, confirm)
  disk[Symbol.dispose]()
  using _other = mount(c.root)
  const again = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again).rejects.toMatchObject({ code: 'source-unreachable', message: /is not there$/ })
  expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
  const { exit, json } = await certify(c.as('verifier'), {})
  const copies = json['copies'] as readonly { name: string; outcome: string }[]
  expect([exit, copies.find(({ name }) => name === 'documents')?.outcome]).toEqual([5, 'could-not-check'])
})

it('what changed in such a tree since is still a change', async () => {
  await using c = await openCase({ sources: tree })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  await writeFile(join(c.root, 'source', 'last.txt'), 'dEAR COLLEAGUE\n')
  const again = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
})

/** A machine whose disk went on in an overlay. */
async function chain(root: string): Promise<{ name: string; url: string; more: string }[]> {
  const [base, disk] = [join(root, 'base.qcow2'), join(root, 'guest.qcow2')]
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', base, '4M'])
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk])
  return [{ name: 'guest', url: `disk:${disk}`, more: 'quiesced: true' }]
}

it.runIf(havePrograms('qemu-img', 'qemu-nbd'))(
  'a chain of images whose leaf is gone is destroyed when it is run again',
  async () => {
    await using c = await openCase({ sources: chain })
    const confirm = await makeReady(c)
    await cut(c, confirm)
    await expect(stat(join(c.root, 'guest.qcow2'))).rejects.toThrow('ENOENT')
    const base = join(c.root, 'base.qcow2')
    const before = await stat(base)
    await writeFile(base, 'late', { flag: 'a' })
    await expectChanged(c, confirm)
    // Written to so soon that the clock for files had not moved on.
    execFileSync('touch', ['--reference', join(c.root, 'guest.qcow2.restitute-destroying'), base])
    await expectChanged(c, confirm)
    await utimes(base, before.atime, before.mtime)
    const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(exit, lines.join('\n')).toBe(0)
    await expect(stat(base)).rejects.toThrow('ENOENT')
  },
)

async function expectDestroyed(c: Case, confirm: readonly string[]): Promise<void> {
  const { exit, lines } = await destroy(c.as('operator'), { execute: true, see: false, confirm })
  expect(exit, lines.join('\n')).toBe(0)
}

async function expectChanged(c: Case, confirm: readonly string[]): Promise<void> {
  const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(refused).rejects.toMatchObject({ details: { guards: ['unchanged'] } })
}

describe.runIf(havePrograms('docker-registry'))('repositories of a registry', () => {
  const at = (place: { origin: string }) => async () => [{ name: 'images', url: `oci:${place.origin}/team/` }]

  it('of which one is gone are destroyed when it is run again, unless something came since', async () => {
    await using registry = await startRegistry()
    const { origin } = registry
    for (const name of ['team/one', 'team/two']) await pushImage(origin, name, image(name, [1000]), 'v1')
    await using c = await openCase({ sources: at(registry) })
    const confirm = await makeReady(c)
    await cut(c, confirm)
    const late = image('late', [1000])
    await pushImage(origin, 'team/two', late, 'late')
    await expectChanged(c, confirm)
    await fetch(`${origin}/v2/team/two/manifests/${late.manifest.digest}`, { method: 'DELETE' })
    await expectDestroyed(c, confirm)
  })

  it('of which one has lost an image of an index are destroyed when it is run again', async () => {
    await using registry = await startRegistry()
    const { origin } = registry
    const images = [image('one', [1000]), image('two', [1000])]
    for (const one of images) await pushImage(origin, 'team/app', one, one.manifest.digest)
    await pushManifest(origin, 'team/app', indexOf(images), 'v1')
    await using c = await openCase({ sources: at(registry) })
    const confirm = await makeReady(c)
    const lost = `${origin}/v2/team/app/manifests/${images[0]?.manifest.digest}`
    await cut(c, confirm, () => fetch(lost, { method: 'DELETE' }))
    await expectDestroyed(c, confirm)
  })
})

/** An image layout of one image. */
async function layout(root: string): Promise<{ name: string; url: string }[]> {
  const [folder, { manifest, blobs }] = [join(root, 'layout'), image('one', [1000])]
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true })
  for (const { digest, bytes } of [manifest, ...blobs])
    await writeFile(join(folder, 'blobs', digest.replace(':', '/')), bytes)
  const { digest, mediaType, bytes } = manifest
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] }
  await writeFile(join(folder, 'index.json'), JSON.stringify(index))
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return [{ name: 'images', url: `oci:layout:${folder}` }]
}

const blobOfOne = image('one', [1000]).blobs[0]?.digest.replace(':', '/') ?? ''

it.each(['index.json', 'oci-layout', `blobs/${blobOfOne}`])(
  'an image layout without %s is destroyed when it is run again, unless something came since',
  async (name) => {
    await using c = await openCase({ sources: layout })
    const confirm = await makeReady(c)
    await cut(c, confirm, () => rm(join(c.root, 'layout', name)))
    const late = join(c.root, 'layout/blobs/sha256', '0'.repeat(64))
    await writeFile(late, 'late')
    await expectChanged(c, confirm)
    await rm(late)
    await expectDestroyed(c, confirm)
    await expect(stat(join(c.root, 'layout'))).rejects.toThrow('ENOENT')
  },
)

it('a database whose newest rows were in its log alone is destroyed when it is run again', async () => {
  const sources = async (root: string): Promise<{ name: string; url: string }[]> => {
    const [live, left] = [join(root, 'live.db'), join(root, 'records.db')]
    using db = new DatabaseSync(live)
    db.exec('PRAGMA journal_mode = WAL; CREATE TABLE a(x); PRAGMA wal_checkpoint; INSERT INTO a VALUES (1)')
    for (const suffix of ['', '-wal']) await cp(live + suffix, left + suffix)
    return [{ name: 'records', url: `sqlite:${left}` }]
  }
  await using c = await openCase({ sources })
  const confirm = await makeReady(c)
  using user = new DatabaseSync(join(c.root, 'records.db'))
  user.exec('SELECT * FROM a')
  await cut(c, confirm)
  await expect(stat(join(c.root, 'records.db-wal'))).rejects.toThrow('ENOENT')
  await expectDestroyed(c, confirm)
})

it('what a PostgreSQL database that is gone has left is destroyed when it is run again', async () => {
  await using server = await startPostgres('system')
  if (!server) return
  const { host, port, user } = server
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  await client.query('CREATE ROLE lab_owner')
  await client.query('CREATE DATABASE lab')
  const url = `postgres://${user}@${host}:${port}/lab?roles=lab_owner`
  await using c = await openCase({ sources: async () => [{ name: 'lab', url }] })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  await expectDestroyed(c, confirm)
  expect((await client.query("SELECT FROM pg_roles WHERE rolname = 'lab_owner'")).rowCount).toBe(0)
  await client.end()
})

async function database(root: string): Promise<{ name: string; url: string }[]> {
  using db = new DatabaseSync(join(root, 'records.db'))
  db.exec('CREATE TABLE a(x); INSERT INTO a VALUES (1)')
  return [{ name: 'records', url: `sqlite:${join(root, 'records.db')}` }]
}

async function disk(root: string): Promise<{ name: string; url: string; more: string }[]> {
  await writeFile(join(root, 'data.raw'), Buffer.alloc(8192, 'data'))
  return [{ name: 'guest', url: `disk:${join(root, 'data.raw')}`, more: 'quiesced: true' }]
}

it.each<[string, (root: string) => Promise<{ name: string; url: string }[]>]>([
  ['a tree', tree],
  ['a database file', database],
  ['an image layout', layout],
  ['a disk', disk],
])('%s that was given another name meanwhile is not gone', async (_, sources) => {
  let left = ''
  const found = async (root: string): Promise<{ name: string; url: string }[]> => {
    const [source, ...none] = await sources(root)
    if (source === undefined) return none
    left = source.url.replace(/^[a-z]+:(layout:)?/, '')
    return [source]
  }
  await using c = await openCase({ sources: found })
  const confirm = await makeReady(c)
  const aside = `${left} kept aside`
  await cut(c, confirm, () => rename(left, aside))
  const again = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again).rejects.toMatchObject({ code: 'source-unreachable', message: /under another name$/ })
  expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
  const { json } = await certify(c.as('verifier'), {})
  const limits = expect.arrayContaining([expect.stringMatching(/under another name$/)]) as string[]
  expect(json).toMatchObject({ probed: [{ state: 'could-not-check', limits }] })
  await rename(aside, left)
  await expectDestroyed(c, confirm)
})

it('a tree that was given another name between the last look and the first step is not destroyed', async () => {
  await using c = await openCase({ sources: tree })
  const confirm = await makeReady(c)
  const [left, aside] = [join(c.root, 'source'), join(c.root, 'kept aside')]
  const session = c.as('operator')
  const connectorOf = destroyingBy(
    session.connectorOf,
    (real) =>
      async function* (signal) {
        await rename(left, aside)
        yield* real.destroy(signal)
      },
  )
  const { exit, json } = await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
  expect(exit).toBe(1)
  const error = expect.stringMatching(/under another name$/) as string
  expect(json).toMatchObject({ copies: [{ copy: 'documents', result: 'failed', error }] })
  expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
  await rename(aside, left)
  await expectDestroyed(c, confirm)
})

it('a PostgreSQL database that was given another name meanwhile is not gone', async () => {
  await using server = await startPostgres('system')
  if (!server) return
  const { host, port, user } = server
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  await client.query('CREATE DATABASE lab')
  const url = `postgres://${user}@${host}:${port}/lab`
  await using c = await openCase({ sources: async () => [{ name: 'lab', url }] })
  const confirm = await makeReady(c)
  await cut(c, confirm, () => client.query('ALTER DATABASE lab RENAME TO kept_aside'))
  const again = destroy(c.as('operator'), { execute: true, see: false, confirm })
  await expect(again).rejects.toMatchObject({ code: 'source-unreachable', message: /under another name$/ })
  expect((await stat(join(c.dossier, 'work'))).isDirectory()).toBe(true)
  const { json } = await certify(c.as('verifier'), {})
  const limits = expect.arrayContaining([expect.stringMatching(/under another name$/)]) as string[]
  expect(json).toMatchObject({ probed: [{ copy: 'lab', state: 'could-not-check', limits }] })
  await client.query('ALTER DATABASE kept_aside RENAME TO lab')
  await expectDestroyed(c, confirm)
  await client.end()
})

it('what a MariaDB or MySQL database that is gone has left is destroyed when it is run again', async () => {
  await using server = await sqlServer()
  if (!server) return
  process.env['MYSQL_TEST_SECRET'] = server.password
  await run(server, 'CREATE DATABASE lab; CREATE USER lab_owner; GRANT SELECT ON lab.* TO lab_owner')
  await run(server, 'CREATE TABLE lab.value(x INT) ENGINE=InnoDB; INSERT INTO lab.value VALUES (1)')
  const url = `mysql://${server.user}@${server.host}:${server.port}/lab?owned=lab_owner`
  await using c = await openCase({
    sources: async () => [{ name: 'lab', url, more: 'secret: "env:MYSQL_TEST_SECRET"' }],
  })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  await expectDestroyed(c, confirm)
})

describe('a bucket', () => {
  let server: S3Server | undefined
  beforeAll(async () => {
    server = await chooseS3()
    process.env['RESTITUTE_TEST_CUT'] = server?.secret
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  it('that has lost versions is destroyed when it is run again, unless something came since', async () => {
    if (!server) return
    const bucket = await new Bucket(server).make({ versioned: true })
    await bucket.put('a', 'first')
    const newest = await bucket.put('a', 'second')
    await bucket.delete('a')
    await bucket.put('b', 'third')
    const { url } = bucket.spec
    const more = 'secret: env:RESTITUTE_TEST_CUT'
    await using c = await openCase({ sources: async () => [{ name: 'objects', url, more }] })
    const confirm = await makeReady(c)
    await cut(c, confirm, () => bucket.delete('a', newest))
    const late = await bucket.put('b', 'late')
    await expectChanged(c, confirm)
    await bucket.delete('b', late)
    await expectDestroyed(c, confirm)
  })
})
