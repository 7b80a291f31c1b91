import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { RestituteError } from '../../packages/core/src/index.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
import { makeReady, openCase } from '../support/case.ts'
import { destroyingBy } from '../support/cut-destruction.ts'

describe.runIf(haveCeph())('a bucket whose destruction failed', () => {
  let ceph: Ceph = undefined as never
  beforeAll(async () => {
    ceph = await startCeph()
  })
  afterAll(() => ceph?.[Symbol.asyncDispose]())

  it('is not gone because the account of another tenant finds none of its name', async () => {
    process.env['RESTITUTE_TEST_TENANT'] = ceph.secret
    const bucket = await new Bucket(ceph).make()
    await bucket.put('letter', 'Dear colleague')
    const more = 'secret: env:RESTITUTE_TEST_TENANT'
    await using c = await openCase({ sources: async () => [{ name: 'objects', url: bucket.spec.url, more }] })
    const confirm = await makeReady(c)
    const session = c.as('operator')
    const connectorOf = destroyingBy(session.connectorOf, () => () => {
      throw new RestituteError('destroy-failed', 'AccessDenied')
    })
    await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
    process.env['RESTITUTE_TEST_TENANT'] = await ceph.user('another$reader')
    const { json } = await certify(c.as('verifier'), {})
    const copies = json['copies'] as readonly { name: string; outcome: string }[]
    expect(copies.find(({ name }) => name === 'objects')?.outcome).toBe('could-not-check')
    expect((await bucket.read('letter')).toString()).toBe('Dear colleague')
    await bucket.remove()
  })
})
