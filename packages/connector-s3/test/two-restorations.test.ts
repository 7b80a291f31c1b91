import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import type { Restorer } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket } from './support/buckets.ts'
import { startProxy } from './support/proxy.ts'
import { type Exported, exported, restoredTo, streamOf } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

const { signal } = new AbortController()
const refusal = { code: 'target-not-empty', hint: expect.stringContaining('restoration that goes on') }

async function populated(): Promise<Bucket> {
  const bucket = await new Bucket(server as S3Server).make()
  for (const key of ['a', 'b']) await bucket.put(key, `content of ${key}`)
  return bucket
}

async function carryOut(restorer: Restorer, { entries, known }: Exported): Promise<void> {
  for (const { bytes, ...entry } of entries)
    await restorer.accept({ ...entry, content: () => streamOf(bytes.length > 0 ? [bytes] : []) }, signal)
  await restorer.finish(streamOf(known), signal)
}

const uploadsIn = async ({ client, place }: Bucket): Promise<number> =>
  ((await client.send(new ListMultipartUploadsCommand(place))).Uploads ?? []).length

describe.runIf(server)('a bucket into which a restoration has begun', () => {
  it.each([
    ['that it made', false],
    ['that was there', true],
  ])('%s is not another one’s, which would take away what both had put there', async (_, isThere) => {
    const bucket = await populated()
    const whole = await exported(bucket.spec)
    const target = new Bucket(server as S3Server)
    if (isThere) await target.make()
    {
      await using first = await s3Connector.restore(target.spec, signal)
      await expect(s3Connector.restore(target.spec, signal)).rejects.toMatchObject(refusal)
      await carryOut(first, whole)
    }
    const differences = s3Connector.compare(target.spec, streamOf(whole.known), signal)
    expect(await Array.fromAsync(differences)).toEqual([])
    expect(await uploadsIn(target)).toBe(0)
    for (const one of [target, bucket]) await one.remove()
  })

  it('is free again once that is given up', async () => {
    const bucket = await populated()
    const target = await new Bucket(server as S3Server).make()
    await (await s3Connector.restore(target.spec, signal))[Symbol.asyncDispose]()
    expect(await restoredTo(target.spec, await exported(bucket.spec))).toEqual([])
    for (const one of [target, bucket]) await one.remove()
  })

  it('is one of them alone, or nobody’s, when two begin together', async () => {
    const target = new Bucket(server as S3Server)
    const both = [1, 2].map(() => s3Connector.restore(target.spec, signal))
    const begun = (await Promise.allSettled(both)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    )
    expect(begun.length).toBeLessThan(2)
    for (const one of begun) await one[Symbol.asyncDispose]()
    await target.remove()
  })

  it('is taken all the same when the answer to that was lost', async () => {
    const bucket = await populated()
    const target = await new Bucket(server as S3Server).make()
    await using proxy = await startProxy((server as S3Server).endpoint)
    proxy.trick = async ({ method }, answer, from) => {
      if (method !== 'POST' || proxy.tricks > 0) return false
      for await (const chunk of await from()) void chunk
      answer.destroy()
      return true
    }
    const url = target.spec.url.replace((server as S3Server).endpoint, proxy.endpoint)
    expect(await restoredTo({ ...target.spec, url }, await exported(bucket.spec))).toEqual([])
    expect([proxy.tricks, await uploadsIn(target)]).toEqual([1, 0])
    for (const one of [target, bucket]) await one.remove()
  })
})
