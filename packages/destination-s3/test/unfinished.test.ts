import { createHash, randomBytes } from 'node:crypto'
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
})
