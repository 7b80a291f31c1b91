import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProxy, type Trick } from '../../../packages/connector-s3/test/support/proxy.ts'
import { haveCeph } from '../../../test/services/ceph.ts'
import { s3Destination } from '../src/index.ts'
import { bucketOnCeph, type CephBucket } from './support.ts'

/** Three parts. */
const content = randomBytes(17 * 1024 * 1024)

/** Plays a trick on the first answers for each URL that takes a body. */
function sometimes(times: number, play: Trick): Trick {
  const seen = new Map<string, number>()
  return async (asked, answer, from) => {
    const key = `${asked.method} ${asked.url}`
    const count = seen.get(key) ?? 0
    if (asked.method !== 'PUT' || count >= times) return false
    seen.set(key, count + 1)
    return play(asked, answer, from)
  }
}

const slowDown: Trick = async (asked, answer) => {
  asked.resume()
  answer.writeHead(503, { 'content-type': 'application/xml' })
  answer.end('<Error><Code>SlowDown</Code><Message>slow down</Message></Error>')
  return true
}

const tooMany: Trick = async (asked, answer) => {
  asked.resume()
  answer.writeHead(429, { 'content-type': 'application/xml', 'retry-after': '1' })
  answer.end('<Error><Code>TooManyRequests</Code></Error>')
  return true
}

const reset: Trick = async (asked) => {
  asked.socket.resetAndDestroy()
  return true
}

/** As if what was stored were something else. */
function storedOtherwise(headers: Readonly<Record<string, string>>): Trick {
  return async (_, answer, from) => {
    const got = await from()
    answer.writeHead(got.statusCode ?? 500, { ...got.headers, ...headers })
    got.pipe(answer)
    return true
  }
}

const anotherMd5 = storedOtherwise({ etag: `"${'0'.repeat(32)}"` })
const anotherSha256 = storedOtherwise({ 'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64') })

describe.runIf(haveCeph())('a service that fails now and then', () => {
  let bucket: CephBucket
  beforeAll(async () => {
    bucket = await bucketOnCeph()
  })
  afterAll(() => bucket?.[Symbol.asyncDispose]())

  /** Writes a file of several parts and a small one through a proxy. */
  async function written(prefix: string, trick: Trick): Promise<number> {
    await using proxy = await startProxy(bucket.ceph.endpoint)
    proxy.trick = trick
    const destination = s3Destination({ url: bucket.url(prefix, proxy.endpoint), secret: bucket.secret })
    for (const [name, body] of [
      ['volumes/000001.tar.zst.pgp', content],
      ['manifest.json', Buffer.from('{}')],
    ] as const) {
      await using pending = await destination.create(name)
      await pending.write(body)
      await pending.commit()
      const hash = createHash('sha256')
      for await (const chunk of destination.read(name)) hash.update(chunk)
      expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
    }
    return proxy.tricks
  }

  it.each([
    ['SlowDown', slowDown],
    ['too many requests', tooMany],
    ['connections that are reset', reset],
    ['a body stored as another one, by its MD5', anotherMd5],
    ['a body stored as another one, by its SHA-256', anotherSha256],
  ])('%s: sent again, and it lies there as it was given', async (name, trick) => {
    expect(await written(name.replaceAll(/\W/g, '-'), sometimes(2, trick))).toBeGreaterThanOrEqual(8)
    expect(await bucket.unfinished()).toEqual([])
  })

  it.each([anotherMd5, anotherSha256])('one that always stores another body is refused', async (trick) => {
    await expect(written('always', sometimes(99, trick))).rejects.toMatchObject({
      code: 'destination-failed',
      message: expect.stringContaining('stored another body'),
    })
    expect(await bucket.unfinished()).toEqual([])
  })
})
