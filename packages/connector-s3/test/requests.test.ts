import { PutObjectAclCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3'
import type { Item } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { startTlsFront } from '../../../test/services/tls-front.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { startProxy, type Trick } from './support/proxy.ts'
import { exported, restoredTo, streamOf } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const objects = 12
const isOfObject = (url: string): boolean => /^\/[^/?]+\/[^?]/.test(url)

/** A bucket in which one object has tags and another an access list. */
async function populated(): Promise<Bucket> {
  const bucket = await new Bucket(server as S3Server).make()
  for (let i = 0; i < objects; i++) await bucket.put(`object-${i}`, `content ${i}`)
  const Tagging = { TagSet: [{ Key: 'patient', Value: 'é' }] }
  await bucket.client.send(new PutObjectTaggingCommand({ ...bucket.place, Key: 'object-3', Tagging }))
  await bucket.client.send(new PutObjectAclCommand({ ...bucket.place, Key: 'object-5', ACL: 'public-read' }))
  return bucket
}

/** What is asked about objects on the way to an export, by kind, and what comes out. */
async function asked(bucket: Bucket, trick: Trick = async () => false) {
  await using proxy = await startProxy((server as S3Server).endpoint)
  const counts = { objects: 0, 'access lists': 0, tags: 0 }
  proxy.trick = async (request, ...rest) => {
    const { url = '' } = request
    if (isOfObject(url)) {
      counts[/[?&]acl/.test(url) ? 'access lists' : /[?&]tagging/.test(url) ? 'tags' : 'objects']++
    }
    return trick(request, ...rest)
  }
  const url = `s3://${bucket.name}?endpoint=${proxy.endpoint}`
  return { counts, ...(await exported({ ...bucket.spec, url })) }
}

const factsIn = (known: readonly Pick<Item, 'attributes'>[], name: string): unknown[] =>
  known.flatMap(({ attributes = {} }) => {
    const { found } = attributes as { found?: Record<string, unknown> }
    return found?.[name] === undefined ? [] : [found[name]]
  })

describe.runIf(server)('an export', () => {
  it('asks twice for each object, and for tags where there are some', async () => {
    const bucket = await populated()
    const { counts, known, losses } = await asked(bucket)
    // One more for tags: whether they may be read at all.
    expect(counts).toEqual({ objects, 'access lists': objects, tags: 2 })
    expect(losses).toEqual([])
    expect(factsIn(known, 'tags')).toEqual([{ patient: 'é' }])
    expect(JSON.stringify(factsIn(known, 'acl'))).toContain('AllUsers')
    await bucket.remove()
  })

  it('does not ask for access lists where the bucket has none', async () => {
    const bucket = await populated()
    const rule = '<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>'
    const { counts, losses } = await asked(bucket, async ({ url = '' }, answer) => {
      if (!url.includes('ownershipControls')) return false
      answer.writeHead(200, { 'content-type': 'application/xml' })
      answer.end(`<OwnershipControls>${rule}</OwnershipControls>`)
      return true
    })
    expect(counts).toEqual({ objects, 'access lists': 0, tags: 2 })
    expect(losses).toEqual([])
    await bucket.remove()
  })

  it('soon no longer asks for what the service does not know, and misses nothing', async () => {
    const many = 60
    const bucket = await new Bucket(server as S3Server).make()
    await Promise.all(Array.from({ length: many }, (_, i) => bucket.put(`object-${i}`, `content ${i}`)))
    const { counts, losses } = await asked(bucket, async ({ url = '' }, answer) => {
      if (!isOfObject(url) || !/[?&](acl|tagging)/.test(url)) return false
      answer.writeHead(501)
      answer.end('<Error><Code>NotImplemented</Code></Error>')
      return true
    })
    expect(counts).toMatchObject({ objects: many, tags: 1 })
    expect(counts['access lists']).toBeLessThan(many)
    expect(losses).toEqual([])
    await bucket.remove()
  })

  it('says of each object that its tags cannot be seen, where the service hides them from who may not', async () => {
    const bucket = await populated()
    const { losses } = await asked(bucket, async ({ url = '' }, answer, from) => {
      if (isOfObject(url) && url.includes('tagging')) {
        answer.writeHead(403)
        answer.end('<Error><Code>AccessDenied</Code></Error>')
        return true
      }
      const got = await from()
      delete got.headers['x-amz-tagging-count']
      answer.writeHead(got.statusCode ?? 500, got.headers)
      got.pipe(answer)
      return true
    })
    expect(losses).toHaveLength(objects)
    expect(new Set(losses.map(({ lost }) => lost))).toEqual(
      new Set(['delivered without its tags (HTTP 403)']),
    )
    await bucket.remove()
  })

  it('says of what was deleted between its content and its tags that they are missing', async () => {
    const bucket = await populated()
    const { losses } = await asked(bucket, async ({ url = '' }, answer) => {
      if (!/object-3[?]/.test(url) || !/[?&](acl|tagging)/.test(url)) return false
      answer.writeHead(404)
      answer.end('<Error><Code>NoSuchKey</Code></Error>')
      return true
    })
    expect(losses.map(({ lost }) => lost)).toEqual([
      'delivered without its tags (HTTP 404), access list (HTTP 404)',
    ])
    await bucket.remove()
  })

  it('is compared by one question for each object, and one more for its tags', async () => {
    const bucket = await populated()
    await bucket.put('empty', '')
    const whole = await exported(bucket.spec)
    expect(await restoredTo(new Bucket(server as S3Server).spec, whole)).toEqual([])
    const seen: string[] = []
    await using proxy = await startProxy((server as S3Server).endpoint)
    proxy.trick = async ({ url = '', method }) => {
      if (isOfObject(url)) seen.push(`${method}${/[?&]tagging/.test(url) ? ' tags' : ''}`)
      return false
    }
    const spec = { ...bucket.spec, url: `s3://${bucket.name}?endpoint=${proxy.endpoint}` }
    const { signal } = new AbortController()
    expect(await Array.fromAsync(s3Connector.compare(spec, streamOf(whole.known), signal))).toEqual([])
    const gets = Array.from({ length: objects + 1 }, () => 'GET')
    expect(seen.sort()).toEqual([...gets, 'GET tags', 'GET tags'])
    await bucket.remove()
  })

  it('goes over TLS by an authority of the service', async () => {
    const bucket = await populated()
    await using front = await startTlsFront((server as S3Server).endpoint)
    const url = `s3://${bucket.name}?endpoint=${front.endpoint}&ca=${front.authority}`
    const [plain, secure] = [await exported(bucket.spec), await exported({ ...bucket.spec, url })]
    expect(secure.known).toEqual(plain.known)
    await bucket.remove()
  })
})
