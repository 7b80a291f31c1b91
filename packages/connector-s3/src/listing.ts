import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import type { Store } from './store.ts'

/** A version or a delete marker, as a listing gives it. */
export interface Listed {
  /** Without the prefix of the location. */
  readonly key: string
  /** `null` for an object from before versioning, or of a bucket without. */
  readonly version: string
  readonly marker: boolean
  readonly latest: boolean
  /** ISO 8601 UTC, milliseconds. */
  readonly modified: string
  readonly bytes: number
  readonly etag?: string
  readonly storageClass?: string
  /** The service keeps a checksum of it. */
  readonly checksum: boolean
}

/** A multi-part upload that was neither completed nor aborted. */
export interface Upload {
  /** Without the prefix of the location. */
  readonly key: string
  readonly id: string
  readonly initiated: string
}

/** Where the next page begins. */
interface Markers {
  readonly KeyMarker?: string
  readonly VersionIdMarker?: string
  readonly UploadIdMarker?: string
}

/** How the keys of uploads come: Ceph escapes them and does not say so. */
const silent = 'url'

/** The little that is used of an answer before it is parsed. */
interface RawResult {
  readonly response: unknown
}

/**
 * Every version and delete marker, in the order of the service: ascending by the UTF-8 bytes of the key, newest first
 * within a key; with `below` of the keys that begin so. Throws what the service said.
 */
export async function* listVersions(store: Store, signal: AbortSignal, below = ''): AsyncIterable<Listed> {
  let markers: Markers | undefined = {}
  while (markers) {
    const command = new ListObjectVersionsCommand({ ...request(store, below), ...markers })
    const order = orderOf(command)
    const page: ListObjectVersionsCommandOutput = await store.send(command, signal)
    let last = ''
    for (const one of inOrder(store, order(), page)) {
      last = store.location.prefix + one.key
      yield one
    }
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker, EncodingType } = page
    markers = IsTruncated
      ? {
          KeyMarker: markerOf(required(NextKeyMarker), last, EncodingType),
          ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }),
        }
      : undefined
  }
}

/** Every version and delete marker of one key, newest first: it comes before the keys that begin with it. */
export async function* listVersionsOf(store: Store, signal: AbortSignal, key: string): AsyncIterable<Listed> {
  for await (const one of listVersions(store, signal, key)) {
    if (one.key !== key) return
    yield one
  }
}

/** Every incomplete upload, ascending by key; with `below` of the keys that begin so. */
export async function* listUploads(store: Store, signal: AbortSignal, below = ''): AsyncIterable<Upload> {
  let markers: Markers | undefined = {}
  while (markers) {
    const page: ListMultipartUploadsCommandOutput = await store.send(
      new ListMultipartUploadsCommand({ ...request(store, below), ...markers }),
      signal,
    )
    let last = ''
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      last = decoded(required(Key), silent)
      yield {
        key: relative(store, last),
        id: required(UploadId),
        initiated: required(Initiated).toISOString(),
      }
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page
    markers = IsTruncated
      ? {
          KeyMarker: markerOf(required(NextKeyMarker), last, silent),
          UploadIdMarker: NextUploadIdMarker ?? '',
        }
      : undefined
  }
}

function request({ bucket, location: { prefix } }: Store, below: string) {
  const Prefix = prefix + below
  return { ...bucket, EncodingType: 'url' as const, ...(Prefix !== '' && { Prefix }) }
}

/**
 * Versions and delete markers come in one order, which the client loses when it puts them into two lists: `true` for
 * each marker, once the answer is there.
 */
function orderOf(command: ListObjectVersionsCommand): () => boolean[] {
  let text = ''
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { response } = result as RawResult
      const { body } = response as { body: AsyncIterable<Uint8Array> }
      const bytes = Buffer.concat(await Array.fromAsync(body))
      text = bytes.toString()
      Object.assign(response as object, { body: bytes })
      return result
    },
    { step: 'deserialize', priority: 'low' },
  )
  return () => Array.from(text.matchAll(/<(Version|DeleteMarker)>/g), ([, tag]) => tag === 'DeleteMarker')
}

/** Of a delete marker, the service gives less. */
type Raw = ObjectVersion

function* inOrder(
  store: Store,
  order: readonly boolean[],
  { Versions: versions = [], DeleteMarkers: deletions = [], EncodingType }: ListObjectVersionsCommandOutput,
): Iterable<Listed> {
  const [left, right] = [versions.values(), deletions.values()]
  if (order.length !== versions.length + deletions.length) throw malformed('versions and delete markers')
  for (const marker of order) {
    const raw: Raw = required((marker ? right : left).next().value)
    yield listed(relative(store, decoded(required(raw.Key), EncodingType)), raw, marker)
  }
}

function listed(key: string, raw: Raw, marker: boolean): Listed {
  const { VersionId, IsLatest, LastModified, Size, ETag, StorageClass, ChecksumAlgorithm } = raw
  return {
    key,
    version: VersionId ?? 'null',
    marker,
    latest: IsLatest === true,
    modified: required(LastModified).toISOString(),
    bytes: marker ? 0 : required(Size),
    ...(ETag && { etag: ETag }),
    ...(StorageClass && { storageClass: StorageClass }),
    checksum: ChecksumAlgorithm !== undefined && ChecksumAlgorithm.length > 0,
  }
}

function relative({ location: { prefix } }: Store, key: string): string {
  if (key.startsWith(prefix)) return key.slice(prefix.length)
  throw malformed('keys with the prefix that was asked for')
}

/**
 * Listings are asked for with escaped keys: XML could not carry control characters. Some services write `+` for a space; some give
 * keys as they are, and do not say that they were escaped.
 */
function decoded(key: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key
}

/**
 * The key after which the next page begins. Ceph escapes the keys of a page but not this one, which is the last of them: decoded,
 * `p%7A` would be another place, and what lies between would be missed.
 */
function markerOf(next: string, last: string, encoding: string | undefined): string {
  return next === last ? last : decoded(next, encoding)
}

function required<T>(value: T | undefined): T {
  if (value !== undefined) return value
  throw malformed('a complete entry')
}

function malformed(expected: string): RestituteError {
  return new RestituteError('hostile-input', `s3 listing: expected ${expected}, got another form`)
}
