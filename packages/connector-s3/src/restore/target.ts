import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { listUploads } from '../listing.ts'
import { nameOf } from '../location.ts'
import type { Store } from '../store.ts'
import { type Claim, claimKey, takeClaim } from './claim.ts'
import { refuseExpiry } from './expiry.ts'

/** The bucket that a restoration goes to. */
export interface Target {
  /** Made by this restoration: it goes again when the restoration is given up. */
  readonly made: boolean
  readonly claim: Claim
}

/**
 * Makes the bucket, with object locks where they are to be restored, or takes one that is empty: no version, no delete
 * marker, no incomplete upload below the prefix. Throws `target-not-empty`, also where another restoration has begun: each would
 * write between the versions of the other and, given up, take them away; as {@link refuseExpiry} does.
 */
export async function openTarget(store: Store, signal: AbortSignal): Promise<Target> {
  const made = !(await store.exists(signal))
  if (made) await makeBucket(store, signal)
  else await refuseUnfit(store, signal)
  const claim = await takeClaim(store, signal)
  try {
    await refuseFull(store, signal, claim)
    return { made, claim }
  } catch (error) {
    // Not the bucket: another one that was as fast may have made it, or found it.
    await claim.release(new AbortController().signal)
    throw error
  }
}

async function makeBucket(store: Store, signal: AbortSignal): Promise<void> {
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
}

/** Takes back a bucket that was made. */
export async function removeBucket(store: Store, signal: AbortSignal): Promise<void> {
  await store.send(new DeleteBucketCommand(store.bucket), signal)
}

async function refuseUnfit(store: Store, signal: AbortSignal): Promise<void> {
  await refuseFull(store, signal)
  await refuseExpiry(store, signal)
}

async function refuseFull(store: Store, signal: AbortSignal, own?: Claim): Promise<void> {
  const place = { ...store.bucket, Prefix: store.location.prefix }
  const { Versions = [], DeleteMarkers = [] } = await store.send(
    new ListObjectVersionsCommand({ ...place, MaxKeys: 1, EncodingType: 'url' }),
    signal,
  )
  if (Versions.length + DeleteMarkers.length > 0) throw full(store)
  // Some services list the uploads of one key alone.
  for (const below of ['', claimKey])
    for await (const { id } of listUploads(store, signal, below)) if (id !== own?.id) throw full(store)
}

function full({ location }: Store): RestituteError {
  return new RestituteError('target-not-empty', `target ${nameOf(location)}: expected an empty bucket`, {
    hint: 'versions, delete markers and incomplete uploads count, too: such as that of a restoration that goes on, or was killed',
  })
}
