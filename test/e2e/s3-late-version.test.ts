import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Proxy, startProxy } from '../../packages/connector-s3/test/support/proxy.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
import { type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

describe.runIf(haveCeph())('an older version that only a later package brings', () => {
  let [ceph, proxy]: [Ceph, Proxy] = [] as never
  beforeAll(async () => {
    ceph = await startCeph()
    proxy = await startProxy(ceph.endpoint)
    const [access, secret] = ceph.secret.split(':')
    Object.assign(process.env, { RESTITUTE_TEST_OWNER: ceph.secret })
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret })
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await ceph?.[Symbol.asyncDispose]()
  })

  function openBucketCase({ spec }: Bucket): Promise<Case> {
    const url = spec.url.replace(ceph.endpoint, proxy.endpoint)
    const more = 'secret: env:RESTITUTE_TEST_OWNER'
    return openCase({ sources: async () => [{ name: 'objects', url, more }] })
  }

  it('comes back before the newer ones: what was current is current again', async () => {
    const bucket = await new Bucket(ceph).make({ versioned: true })
    await bucket.put('report', 'oldest')
    const archived = await bucket.put('report', 'older')
    await bucket.put('report', 'current')
    await bucket.put('hidden', 'first')
    const late = await bucket.put('hidden', 'second')
    await bucket.delete('hidden')
    await using c = await openBucketCase(bucket)
    await pin(c)
    proxy.trick = async ({ url = '' }, answer) => {
      if (![archived, late].some((version) => url.includes(`versionId=${version}`))) return false
      answer.writeHead(400).end()
      return true
    }
    expect((await exportPackage(c)).exit).toBe(5)
    proxy.trick = undefined
    await bucket.put('report', 'newest')
    expect((await exportPackage(c, 'R1-0001')).exit).toBe(0)
    await deliverAll(c)
    const target = new Bucket(ceph)
    const { exit, lines } = await restore(c.session, {
      packages: ['R1-0001', 'R1-0002'].map((name) => join(c.client, name)),
      ...{ key: c.keyFile('client-1'), source: 'objects', to: target.spec.url, compare: true },
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    })
    expect(exit, lines.join('\n')).toBe(0)
    const seen = async (one: Bucket) =>
      (await one.list()).map(({ key, marker, etag }) => ({ key, marker, etag }))
    expect(await seen(target)).toEqual(await seen(bucket))
  })
})
