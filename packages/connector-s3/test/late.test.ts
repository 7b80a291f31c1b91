import { setTimeout } from 'node:timers/promises'
import { eachLimited } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { startProxy } from './support/proxy.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const { signal } = new AbortController()
const refusal = { code: 'destroy-failed', message: expect.stringContaining('was made since') }

/** The service tells whole seconds. */
const aWhile = 2100

describe.runIf(server)('a version that was made after a destruction was begun', () => {
  it.each([
    ['beside the others', 'new'],
    ['in the place of another', 'a'],
  ])('%s stays, with all that is there, for it may be in no package', async (_, key) => {
    const bucket = await new Bucket(server as S3Server).make()
    for (const one of ['a', 'b']) await bucket.put(one, 'delivered')
    await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
    await setTimeout(aWhile)
    await bucket.put(key, 'delivered by nobody')
    const before = await bucket.digest()
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject(refusal)
    expect(await bucket.digest()).toBe(before)
    await bucket.remove()
  })

  it('stays when it comes while the others go', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true })
    const keys = Array.from({ length: 1100 }, (_, i) => `k${i}`)
    await eachLimited(16, keys, async (key) => void (await bucket.put(key, 'delivered')), signal)
    await using proxy = await startProxy((server as S3Server).endpoint)
    const url = bucket.spec.url.replace((server as S3Server).endpoint, proxy.endpoint)
    await using destroyer = await s3Connector.destroyer({ ...bucket.spec, url }, signal)
    await setTimeout(aWhile)
    let pages = 0
    proxy.trick = async ({ url = '' }) => {
      // Two pages are looked at before anything goes.
      if (url.includes('versions') && ++pages === 3) await bucket.put('z', 'delivered by nobody')
      return false
    }
    await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject(refusal)
    expect((await bucket.read('z')).toString()).toBe('delivered by nobody')
    await bucket.remove()
  })
})
