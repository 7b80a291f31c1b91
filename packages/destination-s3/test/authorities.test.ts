import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haveCeph } from '../../../test/services/ceph.ts'
import { startTlsFront, type TlsFront } from '../../../test/services/tls-front.ts'
import { s3Destination } from '../src/index.ts'
import { bucketOnCeph, type CephBucket } from './support.ts'

describe.runIf(haveCeph())('a service with an authority of its own', () => {
  let [bucket, front]: [CephBucket, TlsFront] = [] as never
  beforeAll(async () => {
    bucket = await bucketOnCeph()
    front = await startTlsFront(bucket.ceph.endpoint)
  })
  afterAll(async () => {
    await front?.[Symbol.asyncDispose]()
    await bucket?.[Symbol.asyncDispose]()
  })

  const at = (ca: string) =>
    s3Destination({ url: bucket.url('tls', front.endpoint) + ca, secret: bucket.secret })

  it('is written to and read from where the URL names it', async () => {
    const destination = at(`&ca=${front.authority}`)
    await using pending = await destination.create('manifest.json')
    await pending.write(Buffer.from('content'))
    await pending.commit()
    const read = await Array.fromAsync(destination.read('manifest.json'))
    expect(Buffer.concat(read).toString()).toBe('content')
  })

  it('is not trusted without, and a file that is not there is a mistake in the URL', async () => {
    await expect(at('').freeBytes()).rejects.toMatchObject({ code: 'destination-unreachable' })
    expect(() => at('&ca=/nowhere/ca.pem')).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})
