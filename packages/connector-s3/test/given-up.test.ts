import { asRestituteError, type RestituteError, type SourceSpec } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { Bucket } from './support/buckets.ts'
import { type Proxy, startProxy, type Trick } from './support/proxy.ts'
import { exported, restoredTo } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

describe.runIf(server)(
  'a restoration that is given up because the service fails after each of its works',
  () => {
    it.each([
      ['objects', { large: false, versioned: true, ends: 'PUT /k' }],
      ['objects without versions', { large: false, versioned: false, ends: 'PUT /k' }],
      ['delete markers', { large: false, versioned: true, ends: 'DELETE /gone' }],
      ['large objects', { large: true, versioned: true, ends: 'POST /k' }],
    ])('leaves none of the %s that it did not hear of', async (_, { large, versioned, ends }) => {
      const bucket = await new Bucket(server as S3Server).make({ versioned })
      await bucket.put('a', 'content')
      await bucket.put('k', large ? Buffer.alloc(9 * 1024 * 1024, 'large') : 'small')
      if (versioned) await bucket.put('gone', 'deleted')
      if (versioned) await bucket.delete('gone')
      const whole = await exported(bucket.spec)
      await using proxy = await startProxy((server as S3Server).endpoint)
      const target = await new Bucket(server as S3Server).make()
      proxy.trick = async ({ url = '', method = '' }, answer, from) => {
        const asked = `${method} ${url.replace(`/${target.name}`, '')}`
        if (!asked.startsWith(ends) || (large && !url.includes('uploadId=')) || url.includes('versionId='))
          return false
        for await (const chunk of await from()) void chunk
        if (proxy.tricks === 0)
          for (const key of ['k-other', 'gone-other']) await target.put(key, 'of somebody else')
        answer.writeHead(500, { 'content-type': 'application/xml' })
        answer.end('<Error><Code>InternalError</Code></Error>')
        return true
      }
      const url = target.spec.url.replace((server as S3Server).endpoint, proxy.endpoint)
      await expect(restoredTo({ ...target.spec, url }, whole)).rejects.toMatchObject({
        code: 'restore-failed',
      })
      expect(proxy.tricks).toBeGreaterThan(1)
      expect((await target.list()).map(({ key }) => key)).toEqual(['gone-other', 'k-other'])
      await target.remove()
      await bucket.remove()
    })
  },
)

describe.runIf(server)('a restoration that cannot take back what it put', () => {
  const left = { code: 'restore-failed', hint: expect.stringMatching(/empty s3:.*in clear/) }

  it('because locks were set already, says that it lies there', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true, locked: true })
    for (const key of ['a', 'b']) await bucket.put(key, 'content')
    for (const key of ['a', 'b']) await bucket.hold(key, 'ON')
    const whole = await exported(bucket.spec)
    await using proxy = await startProxy((server as S3Server).endpoint)
    let holds = 0
    proxy.trick = async ({ url = '', method = '' }, answer) => {
      if (method !== 'PUT' || !url.includes('legal-hold') || ++holds === 1) return false
      return denied(answer)
    }
    const target = await new Bucket(server as S3Server).make({ versioned: true, locked: true })
    const through = by(proxy, target)
    const failed = thrownBy(restoredTo({ ...through, url: `${through.url}&locks=restore` }, whole))
    await expect(failed).resolves.toMatchObject({
      ...left,
      message: expect.stringMatching(/1 version had got a lock/),
    })
    const [stays, ...others] = await target.list()
    expect(others).toEqual([])
    await target.hold(stays?.key ?? '', 'OFF')
    for (const key of ['a', 'b']) await bucket.hold(key, 'OFF')
    for (const one of [target, bucket]) await one.remove()
  })

  it('because the service is gone, says that it lies there', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    for (const key of ['a', 'b']) await bucket.put(key, 'content')
    const whole = await exported(bucket.spec)
    await using proxy = await startProxy((server as S3Server).endpoint)
    let puts = 0
    proxy.trick = async ({ url = '', method = '' }, answer) => {
      if (method === 'PUT' && /\/[ab]\?/.test(url)) puts++
      return puts > 1 && denied(answer)
    }
    const target = await new Bucket(server as S3Server).make()
    await expect(thrownBy(restoredTo(by(proxy, target), whole))).resolves.toMatchObject(left)
    for (const one of [target, bucket]) await one.remove()
  })
})

function by({ endpoint }: Proxy, { spec }: Bucket): SourceSpec {
  return { ...spec, url: spec.url.replace((server as S3Server).endpoint, endpoint) }
}

function denied(answer: Parameters<Trick>[1]): true {
  answer.writeHead(403, { 'content-type': 'application/xml' })
  answer.end('<Error><Code>AccessDenied</Code></Error>')
  return true
}

/** What the command line would make of it. */
async function thrownBy(work: Promise<unknown>): Promise<RestituteError> {
  return work.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asRestituteError(thrown),
  )
}
