import { type LifecycleRule, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { Bucket } from './support/buckets.ts'
import { exported, restoredTo } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

async function withRule(rule: Partial<LifecycleRule>): Promise<Bucket> {
  const target = await new Bucket(server as S3Server).make()
  const Rules = [{ ID: 'rule', Status: 'Enabled' as const, Filter: { Prefix: '' }, ...rule }]
  const command = { ...target.place, LifecycleConfiguration: { Rules } }
  await target.client.send(new PutBucketLifecycleConfigurationCommand(command))
  return target
}

const Expiration = { Days: 1 }

/** What comes of a restoration below `in/` of a bucket with that rule. */
async function restoredBeside(rule: Partial<LifecycleRule>): Promise<unknown> {
  const bucket = await new Bucket(server as S3Server).make()
  await bucket.put('a', 'content')
  const target = await withRule(rule)
  const url = target.spec.url.replace('?', '/in?')
  const found = await restoredTo({ ...target.spec, url }, await exported(bucket.spec)).catch(
    (thrown: unknown) => thrown,
  )
  const left = await target.list()
  for (const one of [target, bucket]) await one.remove()
  return [found, left.map(({ key }) => key)]
}

describe.runIf(server)('a bucket with a lifecycle rule', () => {
  it.each<[string, Partial<LifecycleRule>]>([
    ['old objects', { Expiration }],
    ['objects of a day', { Expiration: { Date: new Date('2020-01-01T00:00:00Z') } }],
    ['older versions', { NoncurrentVersionExpiration: { NoncurrentDays: 1 } }],
    ['what is below a part of the prefix', { Expiration, Filter: { Prefix: 'in' } }],
    ['some of what is below the prefix', { Expiration, Filter: { Prefix: 'in/a' } }],
  ])('that removes %s is no target: what was proved equal would go', async (_, rule) => {
    const refusal = { code: 'usage', message: expect.stringContaining('lifecycle rule') }
    expect(await restoredBeside(rule)).toMatchObject([refusal, []])
  })

  it.each<[string, Partial<LifecycleRule>]>([
    ['that is disabled', { Expiration, Status: 'Disabled' }],
    ['for elsewhere', { Expiration, Filter: { Prefix: 'out' } }],
    ['for uploads alone', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
  ])('%s is one', async (_, rule) => {
    expect(await restoredBeside(rule)).toEqual([[], ['in/a']])
  })
})
