import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode, throwIfInterrupted } from '@restitute/core'
import { identify, openFile, smallFile, stretchOf, unreachable } from './files.ts'
import { mostIndexBytes, rootsOfIndex } from './index-json.ts'
import { indexId, layoutId } from './items.ts'
import type { Lost } from './manifest.ts'
import { mostManifestBytes } from './manifest.ts'
import { blobPath, digestOfPath } from './names.ts'
import { provenBytes } from './proven.ts'
import type { FetchedBlob, FetchedManifest, LayoutFiles, Store, Unreached } from './store.ts'

const mostVersionBytes = 4096

/** A folder in OCI image layout as a store; the two files that make it one may be gone where a destruction was cut short. */
export function layoutStore(path: string, { cutShort = false }: { readonly cutShort?: boolean } = {}): Store {
  let files: LayoutFiles = { index: Buffer.alloc(0), version: Buffer.alloc(0) }
  return {
    name: path,
    reach: async () => (await identify(path, 'a folder')).fingerprint,
    roots: async function* (signal) {
      throwIfInterrupted(signal)
      files = cutShort ? await restIn(path) : await filesIn(path)
      if (files.index.length > 0) yield* rootsOfIndex(files.index, path)
    },
    layout: () => files,
    manifest: (_, digest) => manifestIn(path, digest),
    blob: (_, digest, signal, from = 0) => blobIn(path, digest, from, signal),
    unreached: (signal) => unreachedIn(path, signal),
  }
}

async function filesIn(path: string): Promise<LayoutFiles> {
  const version = await expected(join(path, layoutId), mostVersionBytes)
  if (!/"imageLayoutVersion"\s*:\s*"1\.\d+\.\d+"/.test(version.toString())) {
    throw unreachable(join(path, layoutId), 'expected an image layout of version 1, got another one')
  }
  return { index: await expected(join(path, indexId), mostIndexBytes), version }
}

/** Empty where they are gone. */
async function restIn(path: string): Promise<LayoutFiles> {
  const left = async (file: string, most: number): Promise<Buffer> =>
    (await isThere(file)) ? expected(file, most) : Buffer.alloc(0)
  return {
    index: await left(join(path, indexId), mostIndexBytes),
    version: await left(join(path, layoutId), mostVersionBytes),
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false
      throw unreachable(file, systemCode(error) ?? 'failed', error)
    },
  )
}

async function expected(file: string, most: number): Promise<Buffer> {
  const bytes = await smallFile(file, most)
  if ('lost' in bytes) throw unreachable(file, bytes.lost)
  return bytes
}

async function manifestIn(path: string, digest: string): Promise<FetchedManifest | Lost> {
  const bytes = await smallFile(join(path, blobPath(digest)), mostManifestBytes)
  if ('lost' in bytes) return bytes
  return provenBytes.have(bytes, digest)
    ? { bytes, mediaType: '' }
    : { lost: 'its bytes do not have its digest' }
}

async function blobIn(
  path: string,
  digest: string,
  from: number,
  signal: AbortSignal,
): Promise<FetchedBlob | Lost> {
  const handle = await openFile(join(path, blobPath(digest)))
  if ('lost' in handle) return handle
  return stretchOf(handle, from, (await handle.stat()).size - from, signal)
}

/** Every file of the folder: content by its name, and what is no part of a layout. */
async function* unreachedIn(path: string, signal: AbortSignal, below = ''): AsyncIterable<Unreached> {
  for await (const entry of await openFolder(join(path, below))) {
    throwIfInterrupted(signal)
    const name = below + entry.name
    if (entry.isDirectory()) yield* unreachedIn(path, signal, `${name}/`)
    else if (name !== indexId && name !== layoutId) yield await contentIn(path, name)
  }
}

async function openFolder(path: string): ReturnType<typeof opendir> {
  return opendir(path).catch((cause: unknown) => {
    throw unreachable(path, systemCode(cause) ?? 'failed', cause)
  })
}

async function contentIn(path: string, name: string): Promise<Unreached> {
  const digest = digestOfPath(name)
  if (digest === undefined)
    return { name: name.toWellFormed(), lost: 'a file that is no part of an image layout' }
  const handle = await openFile(join(path, name))
  if ('lost' in handle) return { name, lost: handle.lost }
  await using file = handle
  return { digest, bytes: (await file.stat()).size }
}
