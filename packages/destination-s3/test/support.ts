import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { type Ceph, startCeph } from '../../../test/services/ceph.ts'

/** A bucket on a Ceph of its own. */
export interface CephBucket extends AsyncDisposable {
  readonly ceph: Ceph
  readonly secret: string
  readonly client: S3Client
  /** Keys of the uploads that were begun and not ended; `butObjects`: where no object lies, as one that a killed gateway was ending. */
  unfinished(o?: { readonly butObjects?: boolean }): Promise<string[]>
  /** URL of a prefix in the bucket; through another endpoint, where one is given. */
  url(prefix: string, endpoint?: string): string
}

/** Starts Ceph and makes the bucket `packages`. */
export async function bucketOnCeph(o: Parameters<typeof startCeph>[0] = {}): Promise<CephBucket> {
  const ceph = await startCeph(o)
  const { endpoint, secret } = ceph
  const client = clientFor(endpoint, secret)
  await client.send(new CreateBucketCommand({ Bucket: 'packages' }))
  return {
    ...{ ceph, secret, client },
    unfinished: async ({ butObjects = false } = {}) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'packages' }))
      const { Contents = [] } = butObjects
        ? await client.send(new ListObjectsV2Command({ Bucket: 'packages' }))
        : {}
      const objects = Contents.map(({ Key }) => Key)
      return Uploads.map(({ Key = '' }) => Key).filter((key) => !objects.includes(key))
    },
    url: (prefix, through = endpoint) => `s3://packages/${prefix}?endpoint=${through}`,
    [Symbol.asyncDispose]: () => ceph[Symbol.asyncDispose](),
  }
}

/** A client of the SDK itself, to look from outside. */
export function clientFor(endpoint: string, secret: string): S3Client {
  const [accessKeyId = '', secretAccessKey = ''] = secret.split(':')
  return new S3Client({
    ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}
