import { type Json, once, RestituteError } from '@restitute/core'
import { type ArchiveContents, type Content, contentsOf } from './archive-contents.ts'
import { identify, openFile, stretchOf, unreachable } from './files.ts'
import { rootsOfIndex } from './index-json.ts'
import { type Lost, mostManifestBytes } from './manifest.ts'
import { provenBytes } from './proven.ts'
import type { FetchedBlob, FetchedManifest, Store } from './store.ts'

/** A tar of images as a store; `place` is what another worker found in it. */
export function archiveStore(path: string, place?: Json): Store {
  let found: ArchiveContents = {
    index: Buffer.alloc(0),
    version: Buffer.alloc(0),
    contents: [],
    strangers: [],
  }
  let byDigest = mapOf(place === undefined ? [] : (place as unknown as Content[]))
  return {
    name: path,
    reach: async () => (await identify(path, 'a file')).fingerprint,
    roots: async function* (signal) {
      found = await search(path, signal)
      byDigest = mapOf(found.contents)
      yield* rootsOfIndex(found.index, path)
    },
    layout: () => ({ index: found.index, version: found.version }),
    manifest: (_, digest, signal) => manifestIn(path, byDigest.get(digest), digest, signal),
    blob: (_, digest, signal, from = 0) => blobIn(path, byDigest.get(digest), from, signal),
    unreached: async function* () {
      for (const { digest, bytes } of byDigest.values()) yield { digest, bytes }
      for (const name of found.strangers)
        yield { name: name.toWellFormed(), lost: 'a file that belongs to no image' }
    },
    place: () => [...byDigest.values()] as unknown as Json,
  }
}

function mapOf(contents: readonly Content[]): ReadonlyMap<string, Content> {
  return new Map(contents.map((one) => [one.digest, one]))
}

async function search(path: string, signal: AbortSignal): Promise<ArchiveContents> {
  const handle = await openFile(path)
  if ('lost' in handle) throw unreachable(path, handle.lost)
  await using file = handle
  return await contentsOf(file, path, signal)
}

async function manifestIn(
  path: string,
  content: Content | undefined,
  digest: string,
  signal: AbortSignal,
): Promise<FetchedManifest | Lost> {
  if (content !== undefined && content.bytes > mostManifestBytes)
    return { lost: `a manifest of more than ${mostManifestBytes} bytes` }
  const fetched = await blobIn(path, content, 0, signal)
  if ('lost' in fetched) return fetched
  const bytes = Buffer.concat(await Array.fromAsync(fetched.body))
  await fetched.close()
  return provenBytes.have(bytes, digest)
    ? { bytes, mediaType: '' }
    : { lost: 'its bytes do not have its digest' }
}

async function blobIn(
  path: string,
  content: Content | undefined,
  from: number,
  signal: AbortSignal,
): Promise<FetchedBlob | Lost> {
  if (content === undefined) return { lost: 'the archive does not have it' }
  const { offset, bytes, made } = content
  if (made !== undefined)
    return { bytes: bytes - from, body: once(Buffer.from(made).subarray(from)), close: () => {} }
  const handle = await openFile(path)
  if ('lost' in handle) throw new RestituteError('source-unreachable', `open ${path}: ${handle.lost}`)
  return stretchOf(handle, offset + from, bytes - from, signal)
}
