import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import type { Store } from '../store.ts'
import { abortOthers, abortUpload, type UploadPlace } from './multipart.ts'

/** Of the upload by which a restoration says that it writes here: nobody who reads the bucket sees it, every other restoration does. */
export const claimKey = '.restitute-restoration'

/** A place that one restoration alone writes to, until it is released. */
export interface Claim {
  readonly id: string
  /** May be called again. */
  release(signal: AbortSignal): Promise<void>
}

/** Begins an upload that is never completed. Whoever claims looks afterwards whether somebody else has, too. */
export async function takeClaim(store: Store, signal: AbortSignal): Promise<Claim> {
  const key = { ...store.bucket, Key: store.location.prefix + claimKey }
  const { UploadId = '', $metadata } = await store.send(new CreateMultipartUploadCommand(key), signal)
  if (($metadata.attempts ?? 1) > 1) await abortOthers(store, claimKey, UploadId, signal)
  const place: UploadPlace = { ...key, UploadId }
  return { id: UploadId, release: (s) => abortUpload(store, place, s) }
}
