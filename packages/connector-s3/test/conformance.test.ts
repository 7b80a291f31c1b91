import { PutBucketTaggingCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3'
import { connectorCases, type Mutation } from '@restitute/conformance'
import type { Item, SourceSpec } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseS3, type S3Server } from '../../../test/services/s3.ts'
import { s3Connector } from '../src/index.ts'
import { Bucket, bucketOf } from './support/buckets.ts'

const server = await chooseS3()
afterAll(() => server?.[Symbol.asyncDispose]())

async function populate(bucket: Bucket, versioned: boolean): Promise<Bucket> {
  await bucket.make({ versioned })
  await bucket.put('reports/a.txt', 'first')
  await bucket.put('reports/a.txt', 'second', {
    Metadata: { patient: 'ünïcode', unit: 'b2' },
    CacheControl: 'no-store',
    Tagging: 'class=x%20y&kept=yes',
  })
  await bucket.put('reports/A.txt', 'in another case')
  await bucket.put('reports', 'a file beside a folder')
  await bucket.put('reports/old.txt', 'to be deleted')
  if (versioned) await bucket.delete('reports/old.txt')
  await bucket.put('scan.dcm', Buffer.alloc(40 * 1024 + 1, 'dicom'))
  await bucket.put('zero', '')
  await bucket.client.send(
    new PutBucketTaggingCommand({ ...bucket.place, Tagging: { TagSet: [{ Key: 'owner', Value: 'lab' }] } }),
  )
  return bucket
}

/** Id of the newest version of a key, as the connector lists it. */
async function idOf(spec: SourceSpec, key: string): Promise<string> {
  const signal = new AbortController().signal
  await using exporter = await s3Connector.freeze(spec, signal)
  return newestOf(await Array.fromAsync(exporter.inventory(signal)), key)
}

function newestOf(items: readonly Item[], key: string): string {
  return items.findLast((item) => item.attributes?.['key'] === key)?.id ?? 'none'
}

function mutation(
  name: string,
  change: Mutation['change'],
  key: string,
  act: (bucket: Bucket) => Promise<unknown>,
): Mutation {
  return {
    name,
    change,
    apply: async (spec, delivered) => {
      const before = delivered ? newestOf(delivered, key) : await idOf(spec, key)
      await act(bucketOf(spec))
      return change === 'new' ? idOf(spec, key) : before
    },
  }
}

const always = [
  mutation('an object is added', 'new', 'reports/b.txt', (bucket) => bucket.put('reports/b.txt', 'new')),
  mutation('the tags of an object change', 'changed', 'zero', ({ client, place }) =>
    client.send(
      new PutObjectTaggingCommand({ ...place, Key: 'zero', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }),
    ),
  ),
]

const mutations = {
  versioned: [
    ...always,
    mutation('an object is overwritten', 'new', 'scan.dcm', (bucket) => bucket.put('scan.dcm', 'another')),
    mutation('an object is hidden by a delete marker', 'new', 'zero', (bucket) => bucket.delete('zero')),
    mutation('a version is deleted for good', 'removed', 'reports/A.txt', async (bucket) => {
      const listed = (await bucket.list()).find(({ key }) => key === 'reports/A.txt')
      await bucket.delete('reports/A.txt', listed?.version)
    }),
  ],
  unversioned: [
    ...always,
    mutation('an object is overwritten by one as long', 'changed', 'reports/a.txt', (bucket) =>
      bucket.put('reports/a.txt', 'sechst'),
    ),
    mutation('an object is deleted', 'removed', 'reports/A.txt', (bucket) => bucket.delete('reports/A.txt')),
  ],
}

describe.runIf(server).each(['versioned', 'unversioned'] as const)('a bucket that is %s', (kind) => {
  const make = (): Bucket => new Bucket(server as S3Server)
  const cases = connectorCases({
    connector: s3Connector,
    source: async () => (await populate(make(), kind === 'versioned')).testPlace(),
    target: async () => make().testPlace(),
    unreachable: {
      name: 'gone',
      url: `s3://no-such-bucket?endpoint=${server?.endpoint}`,
      ...(server && { secret: server.secret }),
    },
    mutations: mutations[kind],
  })
  it.each(cases)('$name', async ({ run }) => {
    await run()
    expect.assertions(0)
  })
})
