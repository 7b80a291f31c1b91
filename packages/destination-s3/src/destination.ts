import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import {
  compareUtf8,
  type Destination,
  type DestinationSpec,
  type FileToCome,
  type StoredFile,
} from '@restitute/core'
import { clientOf, s3LocationOf } from '@restitute/s3-client'
import { type Bucket, decodedKey } from './bucket.ts'
import { attempting } from './errors.ts'
import { createObject } from './pending-object.ts'
import { readObject } from './read-object.ts'
import { removeObject } from './remove-object.ts'
import { abortUpload, mayBeObject, uploadsBelow } from './uploads.ts'
import { versionsBelow } from './versions.ts'

/**
 * A prefix of a bucket as a destination (Amazon S3, Ceph and whatever speaks the same); see {@link s3LocationOf} for the
 * URL and {@link clientOf} for the secret. The bucket must exist. A file is one object, written at once or in parts, and
 * appears whole; where the bucket keeps versions, `remove` takes all of a file's. Free space cannot be known. Errors:
 * those of every destination, and `access-refused` (key or right), `secret-missing`, `usage` (URL or region).
 */
export function s3Destination({ url, secret }: DestinationSpec): Destination {
  const location = s3LocationOf(url)
  const bucket: Bucket = { location, client: clientOf(location, secret) }
  return {
    url,
    create: (name, { sha256 } = {}) => createObject(bucket, name, sha256 !== undefined),
    read: (name, options = {}) => readObject(bucket, name, options),
    list: ({ unfinished = false, hidden = false, shallow = false } = {}) => {
      if (!hidden) return listObjects(bucket, shallow)
      return unfinished ? withUploads(bucket) : listKept(bucket)
    },
    remove: (name) => removeObject(bucket, name),
    sweep: ({ still = [] } = {}) => sweep(bucket, still),
    // A bucket that is not there does not list as empty: that throws.
    parentIsThere: async () => true,
    freeBytes: () => reached(bucket),
  }
}

async function* listObjects({ client, location }: Bucket, shallow = false): AsyncIterable<StoredFile> {
  for (let token: string | undefined; ; ) {
    const command = new ListObjectsV2Command({
      ...{ Bucket: location.bucket, Prefix: location.prefix, EncodingType: 'url' },
      ...(shallow && { Delimiter: '/' }),
      ...(token !== undefined && { ContinuationToken: token }),
    })
    const page: ListObjectsV2CommandOutput = await attempting(`listing ${location.url}`, () =>
      client.send(command),
    )
    for (const { Key, Size = 0, ETag = '' } of page.Contents ?? []) {
      const name = decodedKey(Key, page.EncodingType).slice(location.prefix.length)
      // Some tools make an object for the folder itself.
      if (name !== '') yield { name, bytes: Size, mark: ETag }
    }
    if (!page.IsTruncated || page.NextContinuationToken === undefined) return
    token = page.NextContinuationToken
  }
}

/** Whatever has versions or delete markers, which outlive what is seen. */
async function* listKept(bucket: Bucket): AsyncIterable<StoredFile> {
  const { prefix, url } = bucket.location
  const pages = await attempting(`listing ${url}`, () => versionsBelow(bucket, prefix))
  if (pages === undefined) return yield* listObjects(bucket)
  const files = new Map<string, StoredFile>()
  for (const { key, bytes, id } of pages) {
    const name = key.slice(prefix.length)
    if (name !== '' && !files.has(name)) files.set(name, { name, bytes, mark: id })
  }
  yield* [...files.values()].sort((a, b) => compareUtf8(a.name, b.name))
}

/**
 * Likewise, and those of which only an upload was begun: its parts lie there though nobody can read them. Uploads are asked
 * for first, so that one which ends meanwhile is among the files.
 */
async function* withUploads(bucket: Bucket): AsyncIterable<StoredFile> {
  const { prefix } = bucket.location
  const found = new Map<string, StoredFile>()
  for await (const { key } of uploadsBelow(bucket, prefix)) {
    const name = key.slice(prefix.length)
    found.set(name, { name, bytes: 0 })
  }
  for await (const file of listKept(bucket)) found.set(file.name, file)
  yield* [...found.values()].sort((a, b) => compareUtf8(a.name, b.name))
}

async function sweep(bucket: Bucket, still: readonly FileToCome[]): Promise<void> {
  const { prefix } = bucket.location
  const kept = new Set(still.map(({ name }) => `${prefix}${name}`))
  for await (const upload of uploadsBelow(bucket, prefix)) {
    if (kept.has(upload.key) || (await mayBeObject(bucket, upload))) continue
    await abortUpload(bucket, upload)
  }
}

/** Nobody knows how much fits; that the bucket answers is worth knowing all the same. */
async function reached({ client, location }: Bucket): Promise<undefined> {
  const command = new ListObjectsV2Command({ Bucket: location.bucket, Prefix: location.prefix, MaxKeys: 1 })
  await attempting(`reaching ${location.url}`, () => client.send(command))
}
