import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { compareUtf8, type Item, type JsonObject, throwIfInterrupted } from '@restitute/core'
import { type Configuration, configurations } from './configuration.ts'
import { unreachable } from './errors.ts'
import { request } from './facts.ts'
import { listUploads, listVersions, type Upload } from './listing.ts'
import { oldPathOf, SafePaths } from './paths.ts'
import { isFinal } from './persistently.ts'
import { pieceBytes } from './piece-memory.ts'
import type { Store } from './store.ts'
import { uploadId, type Version, withIds } from './versions.ts'

const archives = ['GLACIER', 'DEEP_ARCHIVE']

/**
 * Everything in the bucket, ascending by id: versions and delete markers, incomplete uploads (lost: their parts cannot be
 * read), and the parts of the bucket's configuration that are set (none where the source is a prefix).
 */
export async function* inventory(store: Store, signal: AbortSignal): AsyncIterable<Item> {
  using paths = new SafePaths()
  const streams = [
    versionItems(store, paths, signal),
    uploadItems(store, signal),
    configurationItems(store, signal),
  ]
  try {
    yield* merged(streams)
  } catch (error) {
    throw unreachable(store.location, error, signal)
  }
}

async function* versionItems(store: Store, paths: SafePaths, signal: AbortSignal): AsyncIterable<Item> {
  for await (const version of withIds(listVersions(store, signal))) {
    throwIfInterrupted(signal)
    const item = itemOf(version, pathOf(version, paths))
    const lost = archives.includes(version.storageClass ?? '')
      ? await archived(store, version, signal)
      : undefined
    yield lost === undefined ? await pinned(store, version, item, signal) : sealed(item, version, lost)
  }
}

/** The content of a version never changes, be it in an archive by now; of an object without a version id nobody promises that. */
function sealed(item: Item, { version }: Version, lost: string): Item {
  return { ...item, lost, ...(version === 'null' ? {} : { markTells: true }) }
}

/**
 * With the ETag that the service says of a large object itself, where its listing has none: whoever reads the object in
 * pieces, or a part of it, could not tell them from those of one put in its place. The mark stays that of the listing.
 */
async function pinned(store: Store, version: Version, item: Item, signal: AbortSignal): Promise<Item> {
  if (version.etag !== undefined || version.bytes <= pieceBytes) return item
  try {
    const { etag } = await store.head(version, {}, signal)
    return etag === undefined ? item : { ...item, attributes: { ...item.attributes, etag } }
  } catch (error) {
    // Gone, or closed to us: whoever reads it is told why.
    if (isFinal(error)) return item
    throw error
  }
}

/** An item of a version; without path where it is not to be exported. */
export function itemOf(version: Version, path?: string): Item {
  const { id, key, marker, bytes, modified, etag = '', latest, storageClass, checksum } = version
  return {
    id,
    kind: marker ? 'delete-marker' : 'object',
    bytes,
    mark: `${version.version} ${etag} ${bytes} ${modified}`,
    attributes: {
      key,
      version: version.version,
      modified,
      ...(etag !== '' && { etag }),
      ...(latest && { latest }),
      ...(storageClass !== undefined && { storageClass }),
      ...(checksum && { checksum }),
      ...(path !== undefined && { path }),
    },
  }
}

function pathOf(version: Version, paths: SafePaths): string {
  const { key } = version
  if (version.latest && !version.marker) return paths.pathOf(key)
  const suffix = version.id.slice(version.id.lastIndexOf('\t') + 1)
  return oldPathOf(key, version.marker ? `${suffix}-deleted` : suffix)
}

/** Why a version in an archive cannot be read; nothing when it is thawed. */
async function archived(store: Store, version: Version, signal: AbortSignal): Promise<string | undefined> {
  const command = new HeadObjectCommand(request(store, version))
  const answer = await store.send(command, signal).catch((error: unknown) => {
    // Gone, or closed to us (SSE-C): whoever reads it is told why, and the others come all the same.
    if (!isFinal(error)) throw error
  })
  if (answer === undefined) return undefined
  const { Restore } = answer
  if (Restore?.includes('ongoing-request="false"')) return undefined
  const state = Restore === undefined ? 'was not thawed' : 'is being thawed'
  return `it lies in the archive ${version.storageClass} and ${state}`
}

async function* uploadItems(store: Store, signal: AbortSignal): AsyncIterable<Item> {
  let group: Item[] = []
  let key: string | undefined
  for await (const upload of listUploads(store, signal)) {
    if (upload.key !== key) yield* group.sort((a, b) => compareUtf8(a.id, b.id))
    if (upload.key !== key) group = []
    key = upload.key
    group.push(uploadItem(upload))
  }
  yield* group.sort((a, b) => compareUtf8(a.id, b.id))
}

/** An upload as an item. */
export function uploadItem({ key, id, initiated }: Upload): Item {
  return {
    id: uploadId(key, id),
    kind: 'incomplete-upload',
    bytes: 0,
    mark: initiated,
    attributes: { key, initiated },
    lost: 'it is an upload that was never completed: the service gives no access to its parts',
  }
}

async function* configurationItems(store: Store, signal: AbortSignal): AsyncIterable<Item> {
  if (store.location.prefix !== '') return
  for await (const one of configurations(store, signal)) yield configurationItem(one)
}

/** One part of a bucket's configuration as an item, its content in the attributes. */
export function configurationItem({ name, bytes, digest, lost }: Configuration): Item {
  return {
    id: `configuration/${name}`,
    kind: 'configuration',
    bytes: bytes.length,
    mark: digest,
    digest,
    attributes: { path: `data/configuration/${name}.json`, value: bytes.toString() } satisfies JsonObject,
    ...(lost !== undefined && { lost }),
  }
}

/** Whether versions are kept, in an item that is the bucket's setting of that: `Enabled` or `Suspended`. */
export function versioningIn({ id, attributes }: Item): string | undefined {
  const value = id === 'configuration/versioning' ? attributes?.['value'] : undefined
  if (typeof value !== 'string') return undefined
  return (JSON.parse(value) as { Status?: string }).Status
}

/** Streams that ascend by id as one. */
async function* merged(streams: readonly AsyncIterable<Item>[]): AsyncIterable<Item> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
    for (let at = least(heads); at >= 0; at = least(heads)) {
      yield heads[at]?.value
      heads[at] = await iterators[at]!.next()
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.()
  }
}

/** Where the first of these ids stands; -1 when all have ended. */
function least(heads: readonly IteratorResult<Item>[]): number {
  let found = -1
  for (const [i, head] of heads.entries()) {
    if (head.done) continue
    const best = heads[found]
    if (best === undefined || compareUtf8(head.value.id, best.value.id) < 0) found = i
  }
  return found
}
