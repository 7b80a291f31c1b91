import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { nameOf } from '../location.ts'
import type { Store } from '../store.ts'

/** The bucket that a restoration goes to. */
export interface Target {
  /** Made by this restoration: it goes again when the restoration is given up. */
  readonly made: boolean
}

/**
 * Makes the bucket, with object locks where they are to be restored, or takes one that is empty: no version, no delete
 * marker, no incomplete upload below the prefix. Throws `target-not-empty`.
 */
export async function openTarget(store: Store, signal: AbortSignal): Promise<Target> {
  if (await store.exists(signal)) {
    await refuseFull(store, signal)
    return { made: false }
  }
  const { region, endpoint, locks } = store.location
  const constraint =
    endpoint === undefined && region !== undefined && region !== 'us-east-1' ? region : undefined
  await store.send(
    new CreateBucketCommand({
      ...store.bucket,
      ...(locks && { ObjectLockEnabledForBucket: true }),
      ...(constraint && {
        CreateBucketConfiguration: { LocationConstraint: constraint as BucketLocationConstraint },
      }),
    }),
    signal,
  )
  return { made: true }
}

/** Takes back a bucket that was made. */
export async function removeBucket(store: Store, signal: AbortSignal): Promise<void> {
  await store.send(new DeleteBucketCommand(store.bucket), signal)
}

async function refuseFull(store: Store, signal: AbortSignal): Promise<void> {
  const place = { ...store.bucket, Prefix: store.location.prefix }
  const { Versions = [], DeleteMarkers = [] } = await store.send(
    new ListObjectVersionsCommand({ ...place, MaxKeys: 1, EncodingType: 'url' }),
    signal,
  )
  const { Uploads = [] } = await store.send(
    new ListMultipartUploadsCommand({ ...place, MaxUploads: 1, EncodingType: 'url' }),
    signal,
  )
  if (Versions.length + DeleteMarkers.length + Uploads.length === 0) return
  throw new RestituteError('target-not-empty', `target ${nameOf(store.location)}: expected an empty bucket`, {
    hint: 'versions, delete markers and incomplete uploads count, too',
  })
}
