import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run as query } from '../../packages/connector-mysql/test/support.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { hasMariadb, startMariadb } from '../services/mariadb.ts'
import { startPostgres } from '../services/postgres.ts'
import { chooseRegistry } from '../services/registry.ts'
import { chooseS3 } from '../services/s3.ts'
import { verifiedAlone } from '../support/bundles.ts'
import { restitute } from '../support/cli.ts'
import { available, havePrograms } from '../support/programs.ts'

/*
 * What was handed out by an earlier version (test/kept/make.ts) is opened, restored and believed by this one: hospitals keep packages,
 * and auditors evidence, for longer than a program stays the same.
 */

const kept = join(import.meta.dirname, '../kept/v1')
const names = ['R1-0001', 'R1-0002'] as const
const packages = names.map((name) => join(kept, 'client', name))
const key = ['--key', join(kept, 'keys/client-1.key')]
const signer = ['--signer', join(kept, 'keys/operator.asc')]
const secret = 'KEPT_TARGET'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'restitute-kept-'))
  await mkdir(join(root, 'machines'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

it.each(names)('%s is valid to its client, every entry of it', async (name) => {
  const others = packages.filter((path) => !path.endsWith(name)).flatMap((path) => ['--package', path])
  const given = [...key, ...signer, ...others, '--json']
  const { exit, stdout, json } = await restitute(['verify', join(kept, 'client', name), ...given])
  expect(exit, stdout).toBe(0)
  expect(json()).toMatchObject({ verdict: 'valid', findings: [] })
})

it('the evidence, from contract to final certificate, is valid to who trusts the client', async () => {
  const { exit, stdout, json } = await verifiedAlone(join(kept, 'evidence.zip'), root, [
    join(kept, 'keys/client-1.asc'),
  ])
  expect(exit, stdout).toBe(0)
  expect(json()['verdict']).toBe('valid')
})

it.runIf(havePrograms('gpg', 'zstd', 'tar', 'sha256sum'))(
  'open.sh opens them without Restitute',
  async () => {
    const env = { ...process.env, GNUPGHOME: join(root, 'gnupg') }
    await mkdir(env.GNUPGHOME, { mode: 0o700 })
    const keys = ['client-1.key', 'operator.asc'].map((name) => join(kept, 'keys', name))
    await promisify(execFile)('gpg', ['--batch', '--quiet', '--import', ...keys], { env })
    const out = join(root, 'opened')
    const signature = (await readdir(packages[0] ?? '')).find((name) => /^manifest.json\..*asc$/.test(name))
    const [, , operator = ''] = signature?.split('.') ?? []
    await promisify(execFile)('sh', [join(packages[0] ?? '', 'open.sh'), operator, out], { env })
    const scan = await readFile(join(out, 'documents/data/patients/scan.raw'))
    expect(scan.equals(Buffer.alloc(50_000, 'scan'))).toBe(true)
  },
)

/** Restores a source to a target, and has the program compare the two by content. */
async function expectRestored(source: string, to: string, password?: string): Promise<void> {
  const secrets = password === undefined ? [] : ['--to-secret', `env:${secret}`]
  const target = ['--source', source, '--to', to, ...secrets]
  const { exit, stdout, stderr, json } = await restitute(
    ['restore', ...packages, ...key, ...signer, ...target, '--compare', '--json'],
    password === undefined ? {} : { [secret]: password },
  )
  expect(exit, stdout + stderr).toBe(0)
  expect(json()['comparison']).toMatchObject({ different: 0 })
  expect((json()['comparison'] as { items: number }).items).toBeGreaterThan(0)
}

it.each([
  ['documents', 'files'],
  ['record', 'sqlite'],
])('%s come back equal', async (source, kind) => {
  await expectRestored(source, `${kind}:${join(root, source)}`)
})

it
  .runIf(havePrograms('qemu-img', 'qemu-nbd'))
  .each(['guest', 'guest.img', 'guest.qcow2', 'guest.vmdk', 'guest.ova', 'guest.vm/'])(
  'a machine comes back equal as %s',
  async (name) => {
    await expectRestored('guest', `disk:${join(root, 'machines', name)}`)
  },
)

it('a PostgreSQL database comes back equal', async () => {
  await using server = await startPostgres('system')
  if (!server) return
  const { host, port, user } = server
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  await client.query('CREATE DATABASE back')
  await client.end()
  await expectRestored('lab', `postgres://${user}@${host}:${port}/back`)
})

it.runIf(available(hasMariadb(), 'no MariaDB on this machine'))(
  'a MariaDB database comes back equal',
  async () => {
    await using server = await startMariadb()
    await query(server, 'CREATE DATABASE back')
    await expectRestored('ward', `mysql://${server.user}@${server.host}:${server.port}/back`, server.password)
  },
)

it('a bucket comes back equal', async () => {
  await using server = await chooseS3()
  if (!server) return
  const bucket = await new Bucket(server).make({ versioned: true })
  await expectRestored('scans', bucket.spec.url, server.secret)
})

it('the images of a registry come back equal', async () => {
  await using server = await chooseRegistry()
  if (!server) return
  await expectRestored('images', `oci:${server.origin}/back/`)
})
