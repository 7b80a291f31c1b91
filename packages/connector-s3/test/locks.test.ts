import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { Bucket } from './support/buckets.ts'
import { exported, restoredTo } from './support/rounds.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

describe.runIf(server)('a lock that has ended', () => {
  it('is not set again, and not missed', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true, locked: true })
    for (const key of ['ended', 'held']) await bucket.put(key, 'content')
    const end = new Date(Date.now() + 2000)
    await bucket.retain('ended', 'GOVERNANCE', end)
    const whole = await exported(bucket.spec)
    await setTimeout(end.getTime() - Date.now() + 500)
    const target = new Bucket(server as S3Server, '&locks=restore')
    expect(await restoredTo(target.spec, whole)).toEqual([])
    await target.remove()
    await bucket.remove()
  })
})
