import {
  AbortMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
} from '@aws-sdk/client-s3'
import { type Bucket, decodedKey, guessedKey } from './bucket.ts'
import { attempting, nameOf } from './errors.ts'

/** An upload that was begun and not ended. */
export interface Upload {
  readonly key: string
  readonly id: string
  /** When it was begun. */
  readonly begun: Date
}

/** A part that an unfinished upload has already. */
export interface StoredPart {
  readonly bytes: number
  readonly etag: string
  /** Base64, where the service keeps it. */
  readonly sha256?: string
}

/** Every unfinished upload of a file whose key begins so, in the order of the service. */
export async function* uploadsBelow(bucket: Bucket, prefix: string): AsyncIterable<Upload> {
  const { client, location } = bucket
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {}
  for (;;) {
    const command = new ListMultipartUploadsCommand({
      ...{ Bucket: location.bucket, Prefix: prefix, EncodingType: 'url' },
      ...from,
    })
    const page: ListMultipartUploadsCommandOutput = await attempting(
      `listing unfinished uploads in ${location.url}`,
      () => client.send(command),
    )
    for (const { Key, UploadId = '', Initiated } of page.Uploads ?? []) {
      yield { key: keyIn(bucket, Key, page.EncodingType), id: UploadId, begun: Initiated ?? new Date(0) }
    }
    if (!page.IsTruncated || page.NextKeyMarker === undefined) return
    const KeyMarker = guessedKey(bucket, page.NextKeyMarker)
    from = { KeyMarker, ...(page.NextUploadIdMarker && { UploadIdMarker: page.NextUploadIdMarker }) }
  }
}

function keyIn(bucket: Bucket, key: string | undefined, encoding: string | undefined): string {
  return encoding === undefined ? guessedKey(bucket, key) : decodedKey(key, encoding)
}

/** An upload with the parts that it has, by number. */
export interface BegunUpload extends Pick<Upload, 'key' | 'id'> {
  readonly parts: ReadonlyMap<number, StoredPart>
}

/** The unfinished upload of a key that was begun last, if there is one. */
export async function newestUpload(bucket: Bucket, key: string): Promise<BegunUpload | undefined> {
  let newest: Upload | undefined
  for await (const upload of uploadsBelow(bucket, key)) {
    if (upload.key === key && (newest === undefined || upload.begun >= newest.begun)) newest = upload
  }
  return newest && { key, id: newest.id, parts: await partsOf(bucket, newest) }
}

async function partsOf({ client, location }: Bucket, { key, id }: Upload): Promise<Map<number, StoredPart>> {
  const parts = new Map<number, StoredPart>()
  for (let marker: string | undefined; ; ) {
    const command = new ListPartsCommand({
      ...{ Bucket: location.bucket, Key: key, UploadId: id },
      ...(marker !== undefined && { PartNumberMarker: marker }),
    })
    const page: ListPartsCommandOutput = await attempting(`listing the parts of ${key}`, () =>
      client.send(command),
    )
    for (const { PartNumber = 0, Size = 0, ETag = '', ChecksumSHA256: sha256 } of page.Parts ?? []) {
      parts.set(PartNumber, { bytes: Size, etag: ETag, ...(sha256 !== undefined && { sha256 }) })
    }
    if (!page.IsTruncated || page.NextPartNumberMarker === undefined) return parts
    marker = page.NextPartNumberMarker
  }
}

/**
 * Whether an upload may have become the object of its key: a service that was killed while it ended one keeps both, and would take
 * the data of the object away with an upload that is given up.
 */
export async function mayBeObject(bucket: Bucket, upload: Upload): Promise<boolean> {
  const { client, location } = bucket
  const command = new HeadObjectCommand({ Bucket: location.bucket, Key: upload.key })
  const there = await attempting(`looking for ${upload.key}`, () =>
    client.send(command).catch((thrown: unknown) => {
      if (nameOf(thrown) !== 'NotFound') throw thrown
    }),
  )
  if (there === undefined) return false
  const parts = await partsOf(bucket, upload)
  return there.ContentLength === [...parts.values()].reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Gives an upload up, with all its parts; one that has ended already is no error. */
export async function abortUpload(
  { client, location }: Bucket,
  { key, id }: Pick<Upload, 'key' | 'id'>,
): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: location.bucket, Key: key, UploadId: id })
  await attempting(`giving up the upload of ${key}`, async () => {
    try {
      await client.send(command)
    } catch (thrown) {
      if (nameOf(thrown) !== 'NoSuchUpload') throw thrown
    }
  })
}
