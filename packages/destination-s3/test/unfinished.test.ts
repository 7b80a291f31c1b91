import { createHash, randomBytes } from 'node:crypto'
import { CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haveCeph } from '../../../test/services/ceph.ts'
import { s3Destination } from '../src/index.ts'
import { bucketOnCeph, type CephBucket } from './support.ts'

describe.runIf(haveCeph())('an upload that was cut', () => {
  let bucket: CephBucket
  beforeAll(async () => {
    bucket = await bucketOnCeph()
  })
  afterAll(() => bucket?.[Symbol.asyncDispose]())

  it.each(['R1-0001', 'Hôpital 2026/R1-0001', 'a+b/50%25/R1-0001'])(
    'below %s is gone on with, seen by who asks for it, and swept in the end',
    async (prefix) => {
      const destination = s3Destination({ url: bucket.url(prefix), secret: bucket.secret })
      // Before the fifth part, the first has arrived.
      const content = randomBytes(33 * 1024 * 1024)
      const sha256 = createHash('sha256').update(content).digest('hex')
      {
        await using cut = await destination.create('volumes/000001', { sha256 })
        await cut.write(content)
      }
      {
        await using again = await destination.create('volumes/000001', { sha256 })
        expect(again.kept).toBeGreaterThan(0)
      }
      const names = async (o = {}) => (await Array.fromAsync(destination.list(o))).map(({ name }) => name)
      expect(await names()).toEqual([])
      expect(await names({ unfinished: true, hidden: true })).toEqual(['volumes/000001'])
      await destination.sweep({ still: [{ name: 'volumes/000001', sha256 }] })
      expect(await bucket.unfinished()).toHaveLength(1)
      await destination.sweep()
      expect(await bucket.unfinished()).toEqual([])
      expect(await names({ unfinished: true, hidden: true })).toEqual([])
    },
  )

  it('is not swept where it may be the object that lies there, whose data a service may take away with it', async () => {
    const { client, secret } = bucket
    const destination = s3Destination({ url: bucket.url('R1-0002'), secret })
    const object = { Bucket: 'packages', Key: 'R1-0002/volumes/000001' }
    const content = randomBytes(1024)
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object))
    await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: content }))
    await client.send(new PutObjectCommand({ ...object, Body: content }))
    await destination.sweep()
    expect(await bucket.unfinished()).toEqual([object.Key])
    await client.send(new PutObjectCommand({ ...object, Body: randomBytes(2048) }))
    await destination.sweep()
    expect(await bucket.unfinished()).toEqual([])
  })
})
