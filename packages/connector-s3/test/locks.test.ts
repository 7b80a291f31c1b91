import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
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

describe.runIf(server)('an upload that may have become an object that is locked', () => {
  it('stays with it, for its data may go with the upload, and goes with it; others are given up', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true, locked: true })
    for (const key of ['kept', 'old', 'free']) {
      await bucket.put(key, 'content')
      await beginUpload(bucket, key, key === 'old' ? ['content', 'and more'] : ['con', 'tent'])
    }
    for (const key of ['kept', 'old']) await bucket.hold(key, 'ON')
    const { signal } = new AbortController()
    await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
    await using prober = await s3Connector.prober(bucket.spec, signal)
    const planned = await Array.fromAsync(destroyer.plan(signal))
    expect(planned).toContainEqual(expect.objectContaining({ action: 'abort incomplete uploads', count: 2 }))
    await Array.fromAsync(destroyer.destroy(signal))
    const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand(bucket.place))
    expect(Uploads.map(({ Key }) => Key)).toEqual(['kept'])
    expect(await prober.look(signal)).toMatchObject({ state: 'present', kept: [{ count: 2 }] })
    for (const key of ['kept', 'old']) await bucket.hold(key, 'OFF')
    await Array.fromAsync(destroyer.destroy(signal))
    expect(await prober.look(signal)).toMatchObject({ state: 'absent' })
  })
})

describe.runIf(server)('an object whose key the customer holds', () => {
  it('is planned for and looked at without it, its hold seen, and destroyed once that ends', async () => {
    const bucket = await new Bucket(server as S3Server).make({ versioned: true, locked: true })
    await putClosed(bucket)
    const { signal } = new AbortController()
    await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
    await using prober = await s3Connector.prober(bucket.spec, signal)
    const planned = async () => (await Array.fromAsync(destroyer.plan(signal))).map(({ action }) => action)
    await bucket.hold('closed', 'ON')
    expect(await planned()).toEqual(['keep what a lock or hold keeps'])
    expect(await prober.look(signal)).toMatchObject({ state: 'present', kept: [{ count: 1 }] })
    await bucket.hold('closed', 'OFF')
    await bucket.retain('closed', 'GOVERNANCE', new Date(Date.now() + 3_600_000))
    expect(await prober.look(signal)).toMatchObject({ kept: [{ until: expect.any(String), count: 1 }] })
    await using lifting = await s3Connector.destroyer(bucket.spec, signal, { bypassGovernance: true })
    await Array.fromAsync(lifting.destroy(signal))
    expect(await prober.look(signal)).toMatchObject({ state: 'absent' })
  })

  it('needs no lock in its bucket', async () => {
    const bucket = await new Bucket(server as S3Server).make()
    await putClosed(bucket)
    const { signal } = new AbortController()
    await using destroyer = await s3Connector.destroyer(bucket.spec, signal)
    expect((await Array.fromAsync(destroyer.plan(signal))).map(({ count }) => count)).toEqual([1, undefined])
    await Array.fromAsync(destroyer.destroy(signal))
  })
})

async function putClosed(bucket: Bucket): Promise<void> {
  const key = randomBytes(32)
  await bucket.put('closed', 'content', {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  })
}

/** What a gateway leaves that was killed while it ended an upload, or before. */
async function beginUpload(bucket: Bucket, Key: string, bodies: readonly string[]): Promise<void> {
  const place = { ...bucket.place, Key }
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(place))
  for (const [i, Body] of bodies.entries())
    await bucket.client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: i + 1, Body }))
}
