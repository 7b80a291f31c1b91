import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { compareUtf8 } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { haveShared, sharedData } from '../../../test/support/shared-data.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { startProxy } from './support/proxy.ts'
import { exported, restoredTo } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const nasty = [
  'a',
  'a/b',
  'A',
  'A/b',
  'a/',
  'a//b',
  '/a',
  'x/../y',
  '..',
  './.',
  'é',
  'e\u0301',
  'tab\there',
  'line\nfeed',
  'return\r',
  '\u0001\u001f\u007f',
  'per%cent%20',
  'plus+and space ',
  'con.txt',
  'a\\b:c*?"<>|',
  '<Key>&amp;</Key>',
  '\u{1F600}',
  '\ufffe',
  `${'long/'.repeat(204)}tail`,
  'u'.repeat(1024),
  `${'é'.repeat(512)}`,
]

function sharedKeys(): string[] {
  if (!haveShared('s3-keys')) return []
  const file = join(sharedData, 's3-keys', 'blns.json')
  const strings = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []
  return strings.filter((text) => text !== '' && text.isWellFormed() && Buffer.byteLength(text) <= 1024)
}

const unsafe = /[\p{Cc}%\\:*?"<>|\ufffd]|^[ .]|[ .]$|^$/u

describe.runIf(server)('any key', () => {
  it('comes out under a safe path of its own, goes back under its own name, and can be destroyed', async () => {
    const source = await new Bucket(server as S3Server).make({ versioned: true })
    const target = new Bucket(server as S3Server)
    const keys = [...new Set([...nasty, ...sharedKeys()])]
    const made: string[] = []
    for (const key of keys) {
      // Some services refuse some keys; what they take must survive.
      const put = await source.put(key, `content of ${key}`).then(
        () => true,
        () => false,
      )
      if (put) made.push(key)
    }
    expect(made.length).toBeGreaterThan(keys.length * 0.9)
    await source.put('a', 'again')
    const whole = await exported(source.spec)
    expect(whole.losses).toEqual([])
    const objects = whole.items.filter(({ kind }) => kind === 'object')
    expect(new Set(objects.map(({ attributes }) => attributes?.['key']))).toEqual(new Set(made))
    expect(whole.items.map(({ id }) => id)).toEqual(whole.items.map(({ id }) => id).toSorted(compareUtf8))
    const paths = whole.entries.map(({ path }) => path)
    for (const path of paths) expect(path.split('/').filter((name) => unsafe.test(name))).toEqual([])
    const folded = paths.map((path) => path.normalize('NFC').toLowerCase())
    expect(new Set(folded).size).toBe(paths.length)
    const folders = new Set(folded.flatMap((path) => ancestors(path)))
    expect(folded.filter((path) => folders.has(path))).toEqual([])

    expect(await restoredTo(target.spec, whole)).toEqual([])
    for (const key of made)
      expect((await target.read(key)).toString()).toBe(key === 'a' ? 'again' : `content of ${key}`)

    const { signal } = new AbortController()
    for (const bucket of [source, target]) {
      await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
      await Array.fromAsync(destroyer.destroy(signal))
      await expect(bucket.list()).rejects.toMatchObject({ name: 'NoSuchBucket' })
    }
  })
})

describe.runIf(server)('a restoration that is given up', () => {
  it('takes back what it put under any key', async () => {
    const source = await new Bucket(server as S3Server).make({ versioned: true })
    for (const key of ['\u0001\u001f', 'line\nfeed', 'plain']) await source.put(key, 'content')
    const whole = await exported(source.spec)
    const target = new Bucket(server as S3Server)
    const more = [...whole.known, ...whole.known.slice(-1).map((one) => ({ ...one, kind: 'object' }))]
    const wanting = restoredTo(target.spec, { ...whole, known: more })
    await expect(wanting).rejects.toMatchObject({ code: 'restore-failed' })
    await expect(target.list()).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await source.remove()
  })
})

describe.runIf(server)('a header that is to say when an object expires', () => {
  it.each(['0', 'never', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Thu, 01 Dec 1994 16:00:00 GMT'])(
    'comes back as it was put: %s',
    async (expires) => {
      const source = await new Bucket(server as S3Server).make()
      const target = new Bucket(server as S3Server)
      const put = new PutObjectCommand({ ...source.place, Key: 'small', Body: 'content' })
      put.middlewareStack.add(
        (next) => (args) => {
          Object.assign((args.request as { headers: object }).headers, { expires })
          return next(args)
        },
        { step: 'build' },
      )
      await source.client.send(put)
      const whole = await exported(source.spec)
      expect(await restoredTo(target.spec, whole)).toEqual([])
      await target.remove()
      await source.remove()
    },
  )
})

describe.runIf(server)('a service that does not escape the keys of its listings', () => {
  it('gives every key as it is', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true })
    const keys = ['100% sure', 'a b', 'a+b', 'per%20cent', 'é']
    for (const key of keys) await bucket.put(key, `content of ${key}`)
    await using proxy = await startProxy((server as S3Server).endpoint)
    proxy.trick = async ({ url = '' }, answer, from) => {
      if (!url.includes('versions')) return false
      const got = await from()
      const text = Buffer.concat(await Array.fromAsync(got as AsyncIterable<Buffer>)).toString()
      answer.writeHead(got.statusCode ?? 500, { 'content-type': 'application/xml' })
      answer.end(
        text
          .replace('<EncodingType>url</EncodingType>', '')
          .replaceAll(/<Key>([^<]*)<\/Key>/g, (_, key: string) => `<Key>${decodeURIComponent(key)}</Key>`),
      )
      return true
    }
    const whole = await exported({ ...bucket.spec, url: `s3://${bucket.name}?endpoint=${proxy.endpoint}` })
    expect(whole.losses).toEqual([])
    const objects = whole.items.filter(({ kind }) => kind === 'object')
    expect(objects.map(({ attributes }) => attributes?.['key'])).toEqual(keys)
    await bucket.remove()
  })
})

describe.runIf(server)('a page of a listing', () => {
  it('that ends at a key with a percent sign is followed by the next key, and none is missed', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    const before = Array.from({ length: 999 }, (_, i) => `k${String(i).padStart(3, '0')}`)
    // The thousandth ends the page; what it would be without escapes comes after the next.
    const keys = [...before, 'p%7A', 'p5', 'q']
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map((key) => bucket.put(key, '')))
    const { signal } = new AbortController()
    await using exporter = await s3Connector.freeze(bucket.spec, signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const found = items.filter(({ kind }) => kind === 'object').map(({ attributes }) => attributes?.['key'])
    expect(found).toEqual(keys)
    await bucket.remove()
  })
})

function ancestors(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, i) => names.slice(0, i + 1).join('/'))
}
