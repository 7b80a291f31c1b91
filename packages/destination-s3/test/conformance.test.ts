import { destinationCases } from '@restitute/conformance'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { haveCeph } from '../../../test/services/ceph.ts'
import { s3Destination } from '../src/index.ts'
import { bucketOnCeph, type CephBucket } from './support.ts'

describe.runIf(haveCeph())('destination-s3 on Ceph keeps every promise', () => {
  let place: CephBucket
  beforeAll(async () => void (place = await bucketOnCeph()))
  afterAll(() => place[Symbol.asyncDispose]())
  let made = 0
  const destination = async () => {
    const url = place.url(`case-${++made}/R1-0001`)
    return {
      destination: s3Destination({ url, secret: place.secret }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  it.each(destinationCases({ destination }))('$name', ({ run }) => run())
})
