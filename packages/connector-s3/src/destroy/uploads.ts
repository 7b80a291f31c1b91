import { ListPartsCommand, type ListPartsCommandOutput } from '@aws-sdk/client-s3'
import { isGone } from '../errors.ts'
import { listUploads, listVersionsOf, type Upload } from '../listing.ts'
import type { Store } from '../store.ts'
import { retentionOf } from './retention.ts'

/** Every incomplete upload but those that {@link mayBeKept}. */
export async function* uploadsToGiveUp(
  store: Store,
  bypassGovernance: boolean,
  signal: AbortSignal,
): AsyncIterable<Upload> {
  for await (const upload of listUploads(store, signal))
    if (!(await mayBeKept(store, upload, bypassGovernance, signal))) yield upload
}

/**
 * Whether an upload may have become a version that may not be deleted now: a Ceph gateway that was killed while it ended one keeps
 * both, and would take the data of the version away with an upload that is given up, whatever locks it.
 */
async function mayBeKept(
  store: Store,
  upload: Upload,
  bypassGovernance: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  let bytes: number | undefined
  for await (const one of listVersionsOf(store, signal, upload.key)) {
    if (one.marker || !(await retentionOf(store, one, bypassGovernance, signal))) continue
    bytes ??= await bytesOf(store, upload, signal)
    if (one.bytes === bytes) return true
  }
  return false
}

/** Of all its parts; none where it has ended meanwhile. */
async function bytesOf(store: Store, { key, id }: Upload, signal: AbortSignal): Promise<number> {
  const place = { ...store.bucket, Key: store.location.prefix + key, UploadId: id }
  let bytes = 0
  for (let marker: string | undefined; ; ) {
    const command = new ListPartsCommand({
      ...place,
      ...(marker !== undefined && { PartNumberMarker: marker }),
    })
    const page: ListPartsCommandOutput | undefined = await store.send(command, signal).catch(goneAlready)
    for (const { Size = 0 } of page?.Parts ?? []) bytes += Size
    if (!page?.IsTruncated || page.NextPartNumberMarker === undefined) return bytes
    marker = page.NextPartNumberMarker
  }
}

function goneAlready(error: unknown): undefined {
  if (!isGone(error)) throw error
}
