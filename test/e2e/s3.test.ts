import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { check } from '../../cli/src/commands/check.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { grantRoles } from '../../packages/connector-s3/test/support/policy.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
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
import { declare } from '../support/forms.ts'

const roles = ['reader', 'destroyer', 'prober'] as const

/** A contract on one bucket, with an account for each role, known by reference alone. */
function openBucketCase(bucket: Bucket, more = ''): Promise<Case> {
  const { url } = bucket.spec
  const secrets = `secret: env:RESTITUTE_TEST_READER, probe: { secret: env:RESTITUTE_TEST_PROBER }, destroy: { secret: env:RESTITUTE_TEST_DESTROYER }`
  return openCase({
    sources: async () => [{ name: 'objects', url, more: secrets }],
    contract: (yaml) => yaml.replace(/^destinations:/m, `${more}destinations:`),
  })
}

async function restoreTo(c: Case, packages: readonly string[], bucket: Bucket): Promise<void> {
  const { exit, lines } = await restore(c.session, {
    packages: packages.map((name) => join(c.client, name)),
    key: c.keyFile('client-1'),
    source: 'objects',
    to: bucket.spec.url,
    compare: true,
    signers: [c.keyFile('operator').replace(/key$/, 'asc')],
  })
  expect(exit, lines.join('\n')).toBe(0)
}

async function execute(c: Case, confirm: readonly string[]) {
  return destroy(c.as('operator'), { execute: true, see: false, confirm })
}

async function pageOf(pages: unknown): Promise<string> {
  const [page = ''] = pages as readonly string[]
  return readFile(page, 'utf8')
}

describe.runIf(haveCeph())('a bucket', () => {
  let ceph: Ceph
  beforeAll(async () => {
    ceph = await startCeph()
    for (const role of roles) {
      process.env[`RESTITUTE_TEST_${role.toUpperCase()}`] = await ceph.user(role)
    }
    const [access, secret] = ceph.secret.split(':')
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret })
  })
  afterAll(() => ceph?.[Symbol.asyncDispose]())

  async function populated(): Promise<Bucket> {
    const bucket = await new Bucket(ceph).make({ locked: true })
    await grantRoles(bucket, { reader: 'reader', destroyer: 'destroyer', prober: 'prober' })
    await bucket.put('a/report.txt', 'first')
    await bucket.put('a/report.txt', 'second', { Metadata: { unit: 'b2' }, Tagging: 'kind=x' })
    await bucket.put('a', 'beside a folder of its name')
    await bucket.put('gone', 'hidden')
    await bucket.delete('gone')
    return bucket
  }

  it('leaves in two passes, comes back equal version by version, and is destroyed but for its locks', async () => {
    const bucket = await populated()
    const replica = `    copies: [{ name: other-site, kind: replica, held-by: Bravo }]\n`
    await using c = await openBucketCase(bucket, replica)
    await pin(c)
    await agreeScope(c)
    expect((await check(c.session, { contractOnly: false })).lines.join('\n')).toContain('objects')
    const first = await exportPackage(c)
    expect(first.exit, first.lines.join('\n')).toBe(0)
    await bucket.put('a/report.txt', 'third')
    await bucket.delete('a')
    await bucket.put('signed', 'kept by law')
    await bucket.put('governed', 'kept by rule')
    await bucket.retain('governed', 'GOVERNANCE', new Date(Date.now() + 86_400_000))
    await bucket.put('held', 'kept by a hold')
    await bucket.hold('held', 'ON')
    const second = await exportPackage(c, 'R1-0001')
    expect(second.exit, second.lines.join('\n')).toBe(0)
    await deliverAll(c)
    const packages = ['R1-0001', 'R1-0002']
    for (const name of packages) {
      const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
      const { exit, lines } = await verify(c.session, {
        path: join(c.client, name),
        packages: packages.map((other) => join(c.client, other)),
        key: c.keyFile('client-1'),
        signers,
        resume: false,
      })
      expect(exit, lines.join('\n')).toBe(0)
    }
    await restoreTo(c, packages, new Bucket(ceph))

    await acknowledgeAll(c, packages)
    await giveNotice(c)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'], 'P365D', { bypassGovernance: ['objects'] })
    const confirm = await see(c)
    c.clock.advance('P30D')
    // Late, so that it outlasts the partial certificate on a slow machine, too.
    const lockUntil = new Date(Date.now() + 40_000)
    await bucket.retain('signed', 'COMPLIANCE', lockUntil)
    const plan = await destroy(c.as('operator'), { execute: false, see: false, confirm })
    expect(plan.lines.join('\n')).toContain('GOVERNANCE locks are lifted')
    expect(plan.lines.join('\n')).toMatch(/KEPT 1 legally-retained until/)
    expect(plan.exit, plan.lines.join('\n')).toBe(0)
    const destroyed = await execute(c, confirm)
    expect(destroyed.exit, destroyed.lines.join('\n')).toBe(5)
    expect((await bucket.list()).map(({ key }) => key)).toEqual(['held', 'signed'])

    const ledger = await readFile(join(c.dossier, 'ledger.jsonl'), 'utf8')
    expect(ledger).toMatch(/"requests":\["tx[0-9a-f-]+/)
    for (const key of ['report.txt', 'governed']) expect(ledger).not.toContain(key)
    const partial = await certify(c.as('verifier'), {})
    expect(partial.json['status']).toBe('partial')
    expect(partial.exit).toBe(5)
    expect(partial.lines.join('\n')).toContain('legally-retained')
    expect(JSON.stringify(partial.json['probed'])).toContain('"until"')
    const page = await pageOf(partial.json['pages'])
    expect(page).toContain('levés par l’ordre')
    expect(page).toContain('1 sous un verrou ou un gel qui interdit la suppression, au plus tard jusqu’au')

    await bucket.hold('held', 'OFF')
    await sleep(Math.max(0, lockUntil.getTime() - Date.now()) + 1000)
    const rest = await execute(c, confirm)
    expect(rest.exit, rest.lines.join('\n')).toBe(0)
    await expect(bucket.list()).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await declare(c, 'other-site', 'Bravo')
    const final = await certify(c.as('verifier'), {})
    expect(final.lines.join('\n')).toContain('destroyed-observed-absent')
    expect(final.json['status'], final.lines.join('\n')).toBe('final')
  })

  it('gets its locks again where the restoration is asked for them', async () => {
    const source = await new Bucket(ceph).make({ locked: true })
    await source.put('locked', 'content')
    await source.retain('locked', 'GOVERNANCE', new Date(Date.now() + 3_600_000))
    await source.put('held', 'content')
    await source.hold('held', 'ON')
    await using c = await openCase({
      sources: async () => [
        { name: 'objects', url: source.spec.url, more: 'secret: env:RESTITUTE_TEST_OWNER' },
      ],
    })
    process.env['RESTITUTE_TEST_OWNER'] = ceph.secret
    await pin(c)
    await agreeScope(c)
    expect((await exportPackage(c)).exit).toBe(0)
    await deliverAll(c)
    const target = new Bucket(ceph, '&locks=restore')
    await restoreTo(c, ['R1-0001'], target)
    const versions = await target.list()
    expect(versions.map(({ key }) => key)).toEqual(['held', 'locked'])
    for (const { key, version } of versions) {
      await expect(target.delete(key, version)).rejects.toMatchObject({ name: 'AccessDenied' })
    }
  })
})
