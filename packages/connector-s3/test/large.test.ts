import { createHash, randomBytes } from 'node:crypto'
import type { Entry, Item, Shard } from '@restitute/core'
import { knownItem } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { startProxy } from './support/proxy.ts'
import { exported, restoredTo, streamOf } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const mebibyte = 2 ** 20
const limits = { bytes: 64 * mebibyte, items: 1000, partBytes: 12 * mebibyte }
const { signal } = new AbortController()

/** One worker: a view of its own on the bucket, through a proxy that notes which bytes it asks for. */
async function startWorker(bucket: Bucket) {
  const proxy = await startProxy((server as S3Server).endpoint)
  const ranges: number[] = []
  proxy.trick = async ({ headers: { range = '' } }) => {
    const [, from] = /^bytes=(\d+)-/.exec(range) ?? []
    if (from !== undefined) ranges.push(Number(from) / mebibyte)
    return false
  }
  const spec = { ...bucket.spec, url: `s3://${bucket.name}?endpoint=${proxy.endpoint}` }
  return { spec, ranges, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() }
}

type Read = Entry & { readonly bytes: Buffer }

describe.runIf(server)('an object larger than a part', () => {
  it('is cut by ranges among workers, each of which reads its own, and comes back equal', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    const content = randomBytes(30 * mebibyte)
    await bucket.put('large', content, { Metadata: { unit: 'b2' } })
    await using one = await startWorker(bucket)
    await using other = await startWorker(bucket)
    await using first = await s3Connector.freeze(one.spec, signal)
    await using second = await s3Connector.join(other.spec, first.view, signal)
    const items = await Array.fromAsync(first.inventory(signal))
    const shards = (await Array.fromAsync(first.shards(streamOf(items), limits))).filter(({ slice }) => slice)
    expect(shards.map(({ slice }) => slice)).toEqual([
      { part: 1, parts: 3, offset: 0, length: 12 * mebibyte },
      { part: 2, parts: 3, offset: 12 * mebibyte, length: 12 * mebibyte },
      { part: 3, parts: 3, offset: 24 * mebibyte, length: 6 * mebibyte },
    ])

    const read = async (exporter: typeof first, shard: Shard): Promise<Read[]> => {
      const own: readonly Item[] = items.slice(shard.first - 1, shard.last)
      const entries: Read[] = []
      for await (const entry of exporter.read(shard, streamOf(own), signal)) {
        if ('lost' in entry) throw new Error(entry.lost)
        entries.push({
          ...entry,
          bytes: Buffer.concat(await Array.fromAsync(entry.content(), (c) => Buffer.from(c))),
        })
      }
      return entries
    }
    const [a, c, b] = await Promise.all([
      read(first, shards[0] as Shard),
      read(first, shards[2] as Shard),
      read(second, shards[1] as Shard),
    ])
    expect(one.ranges.toSorted((x, y) => x - y)).toEqual([0, 8, 24])
    expect(other.ranges.toSorted((x, y) => x - y)).toEqual([12, 20])
    const entries = [...a, ...b, ...c]
    const parts = entries.filter(({ part }) => part !== undefined)
    expect(parts.map(({ part }) => part)).toEqual([1, 2, 3])
    expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(content)).toBe(true)

    const item = items.find(({ kind }) => kind === 'object') as Item
    const pieces = parts.map(({ bytes, size, part, found }) => ({
      size,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...(part !== undefined && { part }),
      ...(found !== undefined && { found }),
    }))
    const target = new Bucket(server as S3Server)
    const known = [knownItem(item, pieces)]
    expect(await restoredTo(target.spec, { items: [item], known, entries, losses: [] })).toEqual([])
    expect((await target.read('large')).equals(content)).toBe(true)
    await target.remove()
    await bucket.remove()
  })

  it.each(['HEAD', 'first answer'])(
    'is not made of two where the listing has no ETag: that of the %s counts',
    async (source) => {
      const bucket = await new Bucket(server as S3Server).make()
      await bucket.put('large', Buffer.alloc(20 * mebibyte, 'first'))
      await using proxy = await startProxy((server as S3Server).endpoint)
      proxy.trick = async ({ url = '', method, headers: { range = '' } }, answer, from) => {
        const lists = url.includes('versions')
        const silent = source === 'HEAD' ? range.startsWith('bytes=0-') : method === 'HEAD'
        const another = range.startsWith(`bytes=${8 * mebibyte}-`)
        if (!lists && !silent && !another) return false
        const got = await from()
        const headers = { ...got.headers, ...(another && { etag: '"another"' }) }
        if (silent) delete headers.etag
        if (lists) delete headers['content-length']
        answer.writeHead(got.statusCode ?? 500, headers)
        const body = Buffer.concat(await Array.fromAsync(got as AsyncIterable<Buffer>))
        answer.end(lists ? body.toString().replaceAll(/<ETag>.*?<\/ETag>/g, '') : body)
        return true
      }
      const { losses } = await exported({
        ...bucket.spec,
        url: `s3://${bucket.name}?endpoint=${proxy.endpoint}`,
      })
      expect(losses.map(({ lost }) => lost)).toEqual(['replaced after it was inventoried'])
      await bucket.remove()
    },
  )
})
