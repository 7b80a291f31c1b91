import type { ServerResponse } from 'node:http'
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { type Proxy, startProxy, type Trick } from './support/proxy.ts'
import { exported, restoredTo } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const isObject = (url = ''): boolean => /^\/[^/?]+\/[^?]/.test(url) && !/[?&](acl|tagging)/.test(url)

/** Plays a trick on the first answers for each URL. */
function sometimes(times: number, play: Trick): Trick {
  const seen = new Map<string, number>()
  return async (asked, answer, from) => {
    const { url = '', method } = asked
    const key = `${method} ${url} ${asked.headers.range}`
    const count = seen.get(key) ?? 0
    if (method !== 'GET' || !isObject(url) || count >= times) return false
    seen.set(key, count + 1)
    return play(asked, answer, from)
  }
}

const tricks: Readonly<Record<string, Trick>> = {
  'bodies that break off': sometimes(2, async (_, answer, from) => {
    const { headers, statusCode = 500 } = await from()
    answer.writeHead(statusCode, headers)
    answer.write('x', () => answer.destroy())
    return true
  }),
  'connections that are reset before an answer': sometimes(2, async (asked) => {
    asked.socket.resetAndDestroy()
    return true
  }),
  SlowDown: sometimes(2, async (_, answer) => {
    answer.writeHead(503, { 'content-type': 'application/xml' })
    answer.end('<Error><Code>SlowDown</Code><Message>slow down</Message></Error>')
    return true
  }),
  'bodies that are shorter than they should be, and look complete': sometimes(2, async (_, answer, from) => {
    const { headers, statusCode = 500 } = await from()
    answer.writeHead(statusCode, { ...headers, 'content-length': '2' })
    answer.end('xx')
    return true
  }),
}

/** What a service says of an upload that has ended. */
function noSuchUpload(answer: ServerResponse): boolean {
  answer.writeHead(404, { 'content-type': 'application/xml' })
  answer.end('<Error><Code>NoSuchUpload</Code></Error>')
  return true
}

async function populated(): Promise<Bucket> {
  const bucket = await new Bucket(server as S3Server).make({ versioned: true })
  for (let i = 0; i < 20; i++) await bucket.put(`small/${i}`, `content ${i}`)
  await bucket.put('large', Buffer.alloc(20 * 1024 * 1024, 'large object '))
  return bucket
}

function by(proxy: Proxy, bucket: Bucket) {
  return { ...bucket.spec, url: `s3://${bucket.name}?endpoint=${proxy.endpoint}` }
}

describe.runIf(server)('a service that fails now and then', () => {
  it.each(Object.keys(tricks))('%s change nothing of what comes out', async (name) => {
    await using proxy = await startProxy((server as S3Server).endpoint)
    const bucket = await populated()
    const before = await exported(bucket.spec)
    proxy.trick = tricks[name]
    const through = await exported(by(proxy, bucket))
    expect(proxy.tricks).toBeGreaterThan(20)
    expect(through.losses).toEqual([])
    expect(through.known).toEqual(before.known)
    await bucket.remove()
  })

  it('an object that always comes too short is a loss, and the others come', async () => {
    await using proxy = await startProxy((server as S3Server).endpoint)
    const bucket = await new Bucket(server as S3Server).make()
    await bucket.put('bad', 'twelve bytes')
    await bucket.put('good', 'content')
    proxy.trick = sometimes(99, async (asked, answer, from) => {
      if (!asked.url?.includes('/bad')) return false
      const { headers } = await from()
      answer.writeHead(200, { ...headers, 'content-length': '3' })
      answer.end('xxx')
      return true
    })
    const { losses, known } = await exported(by(proxy, bucket))
    expect(losses.map(({ lost }) => lost)).toEqual(['expected 12 bytes, got 3'])
    expect(
      known.filter(({ kind }) => kind === 'object').map(({ attributes }) => attributes?.['key']),
    ).toEqual(['good'])
    await bucket.remove()
  })

  it('an archived object that it does not speak of is a loss, and the others come', async () => {
    await using proxy = await startProxy((server as S3Server).endpoint)
    const bucket = await new Bucket(server as S3Server).make()
    for (const key of ['good', 'sealed']) await bucket.put(key, 'content')
    proxy.trick = async ({ url = '' }, answer, from) => {
      if (url.includes('/sealed')) {
        answer.writeHead(400).end()
        return true
      }
      if (!url.includes('versions')) return false
      const got = await from()
      const text = Buffer.concat(await Array.fromAsync(got as AsyncIterable<Buffer>)).toString()
      answer.writeHead(200, { 'content-type': 'application/xml' })
      answer.end(text.replaceAll('STANDARD', 'GLACIER'))
      return true
    }
    const { losses, items } = await exported(by(proxy, bucket))
    expect(losses.map(({ lost }) => lost)).toEqual([
      'it lies in the archive GLACIER and was not thawed',
      expect.stringContaining('SSE-C'),
    ])
    expect(items.filter(({ kind }) => kind === 'object')).toHaveLength(2)
    await bucket.remove()
  })

  it.each(['ExpiredToken', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'UserSuspended'])(
    'one that no longer takes the key (%s) is unreachable, and nothing is lost for it',
    async (code) => {
      await using proxy = await startProxy((server as S3Server).endpoint)
      const bucket = await new Bucket(server as S3Server).make()
      await bucket.put('one', 'content')
      const expired: Trick = async (_, answer) => {
        answer.writeHead(code === 'ExpiredToken' ? 400 : 403, { 'content-type': 'application/xml' })
        answer.end(`<Error><Code>${code}</Code></Error>`)
        return true
      }
      for (const of of [isObject, (url = '') => /[?&](acl|tagging)/.test(url)]) {
        proxy.trick = undefined
        const reading = exported(by(proxy, bucket), async () => {
          proxy.trick = async (asked, ...rest) => of(asked.url) && expired(asked, ...rest)
        })
        await expect(reading).rejects.toMatchObject({
          code: 'source-unreachable',
          message: expect.stringContaining(code),
        })
      }
      await bucket.remove()
    },
  )

  it('one whose clock is another than ours gives every object', async () => {
    const [ahead, most] = [10 * 60_000, 5 * 60_000]
    await using proxy = await startProxy((server as S3Server).endpoint)
    const bucket = await new Bucket(server as S3Server).make()
    await bucket.put('one', 'content')
    proxy.trick = async ({ headers }, answer, from) => {
      const stamp = String(headers['x-amz-date']).replace(
        /^(....)(..)(..)T(..)(..)(..)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      )
      const there = new Date(Date.now() + ahead)
      const date = there.toUTCString()
      if (Math.abs(Date.parse(stamp) - there.getTime()) < most) {
        const got = await from()
        answer.writeHead(got.statusCode ?? 500, { ...got.headers, date })
        got.pipe(answer)
        return true
      }
      answer.writeHead(403, { 'content-type': 'application/xml', date })
      answer.end('<Error><Code>RequestTimeTooSkewed</Code></Error>')
      return true
    }
    const { losses, known } = await exported(by(proxy, bucket))
    expect(losses).toEqual([])
    expect(known.filter(({ kind }) => kind === 'object')).toHaveLength(1)
    await bucket.remove()
  })

  it('one that does not answer at all is unreachable, never a bucket of losses', async () => {
    await using proxy = await startProxy((server as S3Server).endpoint)
    const bucket = await new Bucket(server as S3Server).make()
    await bucket.put('one', 'content')
    const dead: Trick = async (asked) => {
      asked.socket.destroy()
      return true
    }
    const reading = exported(by(proxy, bucket), async () => {
      proxy.trick = dead
    })
    await expect(reading).rejects.toMatchObject({ code: 'source-unreachable' })
    await bucket.remove()
  })
})

describe.runIf(server)(
  'a restoration over connections that break after the service has done its work',
  () => {
    it('puts no version twice', async () => {
      const bucket = await new Bucket(server as S3Server).make({ versioned: true })
      await bucket.put('key', 'first')
      await bucket.put('key', 'second')
      await bucket.put('key/below', 'another key that begins so')
      await bucket.delete('key')
      const whole = await exported(bucket.spec)
      await using proxy = await startProxy((server as S3Server).endpoint)
      const broken = new Set<string>()
      proxy.trick = async ({ url = '', method = '', headers }, answer, from) => {
        const key = `${method} ${url} ${String(headers['x-amz-content-sha256'])}`
        if (!/^\/[^/?]+\/[^?]/.test(url) || method === 'GET' || url.includes('versionId') || broken.has(key))
          return false
        broken.add(key)
        return lost(answer, from)
      }
      const target = new Bucket(server as S3Server)
      expect(await restoredTo(by(proxy, target), whole)).toEqual([])
      expect(broken.size).toBe(4 + 3) // The claim, and the end of its double and of itself.
      const seen = async (one: Bucket) =>
        (await one.list()).map(({ key, marker, etag }) => ({ key, marker, etag }))
      expect(await seen(target)).toEqual(await seen(bucket))
      await target.remove()
      await bucket.remove()
    })

    it('completes every large object once, and leaves no upload that was begun twice', async () => {
      const bucket = await new Bucket(server as S3Server).make({ versioned: true })
      for (const body of ['first', 'other']) await bucket.put('large', Buffer.alloc(9 * 1024 * 1024, body))
      const whole = await exported(bucket.spec)
      await using proxy = await startProxy((server as S3Server).endpoint)
      const asked = new Map<string, number>()
      proxy.trick = async ({ url = '', method = '' }, answer, from) => {
        const times = asked.get(url) ?? 0
        asked.set(url, times + 1)
        // Both objects begin with the same request: every second one is an attempt after a lost answer.
        if (method !== 'POST' || !isObject(url)) return false
        if (times % 2 === 1) return url.includes('uploadId=') && noSuchUpload(answer)
        return lost(answer, from)
      }
      const target = new Bucket(server as S3Server)
      expect(await restoredTo(by(proxy, target), whole)).toEqual([])
      expect(proxy.tricks).toBe(6 + 1) // Twice two answers and a refusal; the claim.
      expect(await target.list()).toHaveLength(2)
      await target.remove()
      await bucket.remove()
    })

    it('given up after an upload has gone, takes everything back', async () => {
      const bucket = await new Bucket(server as S3Server).make({ versioned: true })
      await bucket.put('a', 'content')
      await bucket.put('large', Buffer.alloc(9 * 1024 * 1024, 'large'))
      const whole = await exported(bucket.spec)
      await using proxy = await startProxy((server as S3Server).endpoint)
      proxy.trick = async ({ url = '', method = '' }, answer) => {
        const ends = url.includes('uploadId=') && ['POST', 'DELETE'].includes(method)
        return ends && noSuchUpload(answer)
      }
      const target = new Bucket(server as S3Server)
      await expect(restoredTo(by(proxy, target), whole)).rejects.toMatchObject({ code: 'restore-failed' })
      await expect(target.list()).rejects.toMatchObject({ name: 'NoSuchBucket' })
      await bucket.remove()
    })
  },
)

describe.runIf(server)('a bucket that changes between inventory and reading', () => {
  it('says which object was replaced and which was deleted; versions that stay come as they were', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    for (const key of ['deleted', 'kept', 'replaced']) await bucket.put(key, 'first')
    const { losses, known } = await exported(bucket.spec, async () => {
      await bucket.put('replaced', 'second')
      await bucket.delete('deleted')
    })
    expect(losses.map(({ lost }) => lost)).toEqual([
      'deleted after it was inventoried',
      'replaced after it was inventoried',
    ])
    expect(known.filter(({ kind }) => kind === 'object')).toHaveLength(1)
    await bucket.remove()

    const versioned = await new Bucket(server as S3Server).make({ versioned: true })
    await versioned.put('replaced', 'first')
    await versioned.put('hidden', 'first')
    const whole = await exported(versioned.spec, async () => {
      await versioned.put('replaced', 'second')
      await versioned.delete('hidden')
    })
    expect(whole.losses).toEqual([])
    expect(whole.entries.filter(({ item }) => item).map(({ bytes }) => bytes.toString())).toEqual(
      expect.arrayContaining(['first', 'first']),
    )
    await versioned.remove()
  })

  it('also where the service does not heed on which condition it is asked', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    await bucket.put('replaced', 'first')
    await using proxy = await startProxy((server as S3Server).endpoint)
    proxy.trick = async ({ url = '', method }, answer) => {
      if (method !== 'GET' || !isObject(url)) return false
      answer.writeHead(200, { etag: '"another"', 'content-length': '5' })
      answer.end('other')
      return true
    }
    const { losses } = await exported(by(proxy, bucket))
    expect(losses.map(({ lost }) => lost)).toEqual(['replaced after it was inventoried'])
    await bucket.remove()
  })

  it('reports incomplete uploads, and a destruction ends them', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    await bucket.put('whole', 'content')
    await bucket.client.send(new CreateMultipartUploadCommand({ ...bucket.place, Key: 'begun' }))
    const { items } = await exported(bucket.spec)
    expect(items.filter(({ kind }) => kind === 'incomplete-upload')).toMatchObject([
      { lost: expect.stringContaining('never completed'), attributes: { key: 'begun' } },
    ])
    const { signal } = new AbortController()
    await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
    const steps = await Array.fromAsync(destroyer.destroy(signal))
    expect(steps.map(({ action }) => action)).toEqual([
      'abort an incomplete upload',
      'delete versions and delete markers',
      'delete the bucket',
    ])
    expect(steps.every(({ request }) => (request ?? '') !== '')).toBe(true)
  })
})

describe.runIf(server)('a bucket whose versioning was suspended', () => {
  it('comes back with its delete markers, also where nothing before them has a version id', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true })
    await bucket.setVersioning('Suspended')
    await bucket.put('before', 'content')
    await bucket.put('deleted', 'content')
    await bucket.delete('deleted')
    await bucket.put('kept', 'content')
    const whole = await exported(bucket.spec)
    expect(whole.items.map(({ attributes }) => attributes?.['version'])).toContain('null')
    const target = new Bucket(server as S3Server)
    expect(await restoredTo(target.spec, whole)).toEqual([])
    const seen = async (one: Bucket) =>
      (await one.list()).map(({ key, marker }) => ({ key, marker })).sort((a, b) => (a.key < b.key ? -1 : 1))
    expect(await seen(target)).toEqual(await seen(bucket))
    await target.remove()
    await bucket.remove()
  })
})

describe.runIf(server)('a bucket that is said to be absent', () => {
  it('is so only where the service says it: a server before it knows of no bucket', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    await using proxy = await startProxy((server as S3Server).endpoint)
    proxy.trick = async (asked, answer) => {
      answer.writeHead(404, { 'content-type': 'text/html' })
      answer.end(asked.method === 'HEAD' ? undefined : '<html><body>no such site</body></html>')
      return true
    }
    const { signal } = new AbortController()
    await using prober = await s3Connector.prober(by(proxy, bucket), signal)
    expect(await prober.look(signal)).toMatchObject({ state: 'could-not-check' })
    proxy.trick = undefined
    expect(await prober.look(signal)).toMatchObject({ state: 'present' })
    await bucket.remove()
    expect(await prober.look(signal)).toMatchObject({ state: 'absent' })
  })
})

describe.runIf(server)('a prefix', () => {
  it('is a source of its own: read, restored under another one, destroyed without its neighbours', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true })
    await bucket.put('mine/a', 'one')
    await bucket.put('mine-not/a', 'two')
    await bucket.put('other', 'three')
    for (const Key of ['mine/begun', 'other/begun'])
      await bucket.client.send(new CreateMultipartUploadCommand({ ...bucket.place, Key }))
    const at = (prefix: string) => ({ ...bucket.spec, url: bucket.spec.url.replace('?', `/${prefix}?`) })
    const whole = await exported(at('mine'))
    expect(whole.items.map(({ attributes }) => attributes?.['key'])).toEqual(['a', 'begun'])
    expect(await restoredTo(at('back'), whole)).toEqual([])
    expect((await bucket.read('back/a')).toString()).toBe('one')
    const { signal } = new AbortController()
    await using destroyer = await s3Connector.destroyer(at('mine'), signal)
    await Array.fromAsync(destroyer.destroy(signal))
    await using prober = await s3Connector.prober(at('mine'), signal)
    expect(await prober.look(signal)).toMatchObject({ state: 'absent' })
    expect((await bucket.list()).map(({ key }) => key)).toEqual(['back/a', 'mine-not/a', 'other'])
    const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand(bucket.place))
    expect(Uploads.map(({ Key }) => Key)).toEqual(['other/begun'])
    await bucket.remove()
  })
})

/** Has the service do its work, and lets nobody hear of it. */
async function lost(answer: Parameters<Trick>[1], from: Parameters<Trick>[2]): Promise<true> {
  for await (const _ of await from());
  answer.destroy()
  return true
}
