import { DeleteObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { haveCeph } from '../../../test/services/ceph.ts'
import { s3Destination } from '../src/index.ts'
import { bucketOnCeph, type CephBucket } from './support.ts'

describe.runIf(haveCeph())('a bucket that keeps versions', () => {
  let bucket: CephBucket
  beforeAll(async () => {
    bucket = await bucketOnCeph()
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await bucket.client.send(new PutBucketVersioningCommand({ Bucket: 'packages', VersioningConfiguration }))
  })
  afterAll(() => bucket?.[Symbol.asyncDispose]())

  it('shows what was only hidden to whoever asks for it, and removes it for good', async () => {
    const destination = s3Destination({ url: bucket.url('R1-0001'), secret: bucket.secret })
    const names = ['manifest.json', 'volumes/000001', 'volumes/000002']
    for (const name of names) {
      await using pending = await destination.create(name)
      await pending.write(Buffer.from(name))
      await pending.commit()
    }
    // As a rule of the bucket does, or a person at a console.
    for (const name of names.slice(1))
      await bucket.client.send(new DeleteObjectCommand({ Bucket: 'packages', Key: `R1-0001/${name}` }))
    const named = async (o = {}) => (await Array.fromAsync(destination.list(o))).map(({ name }) => name)
    expect(await named()).toEqual(['manifest.json'])
    expect(await named({ hidden: true })).toEqual(names)
    for (const name of names) await destination.remove(name)
    expect(await named({ hidden: true })).toEqual([])
    await expect(destination.remove('manifest.json')).rejects.toMatchObject({ code: 'not-found' })
  })
})
