import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Proxy, startProxy, type Trick } from '../../packages/connector-s3/test/support/proxy.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
import { type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

describe.runIf(haveCeph())('a bucket that is exported twice', () => {
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

  async function restored(c: Case): Promise<Bucket> {
    const target = new Bucket(ceph)
    const { exit, lines } = await restore(c.session, {
      packages: ['R1-0001', 'R1-0002'].map((name) => join(c.client, name)),
      ...{ key: c.keyFile('client-1'), source: 'objects', to: target.spec.url, compare: true },
      signers: [c.keyFile('operator').replace(/key$/, 'asc')],
    })
    expect(exit, lines.join('\n')).toBe(0)
    return target
  }

  it('gives an older version that only a later package brings before the newer ones: what was current is current again', async () => {
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
    const target = await restored(c)
    const seen = async (one: Bucket) =>
      (await one.list()).map(({ key, marker, etag }) => ({ key, marker, etag }))
    expect(await seen(target)).toEqual(await seen(bucket))
  })

  it('gives what the provider has put into an archive since the first time: the client holds it', async () => {
    const bucket = await new Bucket(ceph).make({ versioned: true })
    await bucket.put('scan', 'of 2019')
    await using c = await openBucketCase(bucket)
    await pin(c)
    expect((await exportPackage(c)).exit).toBe(0)
    await bucket.put('letter', 'of today')
    proxy.trick = inArchive('scan')
    expect((await exportPackage(c, 'R1-0001')).exit).toBe(0)
    proxy.trick = undefined
    await deliverAll(c)
    const target = await restored(c)
    expect((await target.read('scan')).toString()).toBe('of 2019')
  })
})

/** Has the service list a key as one that would have to be thawed. */
function inArchive(key: string): Trick {
  return async ({ url = '' }, answer, from) => {
    if (!url.includes('versions')) return false
    const got = await from()
    const text = Buffer.concat(await Array.fromAsync(got as AsyncIterable<Buffer>)).toString()
    const [before = '', after = ''] = text.split(`<Key>${key}</Key>`)
    const sealed = `${before}<Key>${key}</Key>${after.replace('STANDARD', 'GLACIER')}`
    answer.writeHead(200, { 'content-type': 'application/xml' }).end(sealed)
    return true
  }
}
