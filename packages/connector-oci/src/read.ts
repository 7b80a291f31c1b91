import { type Entry, type Item, type Loss, throwIfInterrupted } from '@restitute/core'
import { ProvenContent } from './content.ts'
import { indexId, layoutId } from './items.ts'
import type { Lost } from './manifest.ts'
import { algorithmOf, digestOfPath } from './names.ts'
import { readmes } from './readme.ts'
import type { Slice } from './shards.ts'
import type { LayoutFiles, Store } from './store.ts'

/** What a shard is read for. */
export interface Reading {
  readonly store: Store
  readonly layout: LayoutFiles
  /** Nanoseconds: the time of every entry. */
  readonly modified: bigint
  readonly slice: Slice
  readonly signal: AbortSignal
}

// Held in memory and proven before it is delivered at all.
const smallBytes = 1024 * 1024

/** The entries and losses of one shard. */
export async function* readShard(items: AsyncIterable<Item>, reading: Reading): AsyncIterable<Entry | Loss> {
  for await (const item of items) {
    throwIfInterrupted(reading.signal)
    if (item.lost !== undefined) continue
    if (item.id === indexId) yield* indexEntries(item, reading)
    else if (item.id === layoutId) yield fileEntry(item, reading.layout.version, reading)
    else yield* contentEntries(item, reading)
  }
}

function* indexEntries(item: Item, reading: Reading): Iterable<Entry> {
  yield fileEntry(item, reading.layout.index, reading)
  for (const { path, text } of readmes) yield entry(path, Buffer.from(text), reading)
}

function fileEntry(item: Item, bytes: Buffer, reading: Reading): Entry {
  return { ...entry(`data/${item.id}`, bytes, reading), item: item.id }
}

function entry(path: string, bytes: Buffer, { modified }: Reading): Entry {
  return { path, type: 'file', size: bytes.length, mode: 0o644, modified, content: () => one(bytes) }
}

async function* contentEntries(item: Item, reading: Reading): AsyncIterable<Entry | Loss> {
  const digest = digestOfPath(item.id)
  if (digest === undefined) return
  const opened = await open(item, digest, reading, !isHashedByReader(item, digest, reading))
  if ('lost' in opened) yield { item: item.id, lost: opened.lost }
  else if (item.bytes <= smallBytes && reading.slice.firstPart === undefined) {
    yield* smallEntry(item, opened, reading)
  } else yield* largeEntries(item, opened, reading)
}

/** Whether the digest of its only entry is its own. */
function isHashedByReader({ bytes }: Item, digest: string, { slice }: Reading): boolean {
  return bytes > smallBytes && bytes <= slice.partBytes && algorithmOf(digest) === 'sha256'
}

const foreign: Lost = {
  lost: 'a foreign layer that the registry does not have: its publisher alone gives it away',
}

/** Manifests are asked for as such: registries do not have them among the blobs. */
export async function open(
  item: Item,
  digest: string,
  { store, signal }: Pick<Reading, 'store' | 'signal'>,
  hashes = true,
): Promise<ProvenContent | Lost> {
  const found = item.attributes?.['repository']
  const repository = typeof found === 'string' ? found : ''
  const expected = { digest, bytes: item.bytes }
  if (item.kind === 'blob') {
    const fetched = await store.blob(repository, digest, signal)
    if ('lost' in fetched) return item.attributes?.['foreign'] === true ? foreign : fetched
    if (fetched.bytes === undefined || fetched.bytes === item.bytes)
      return new ProvenContent(fetched, expected, hashes)
    await fetched.close()
    return { lost: `it is ${fetched.bytes > item.bytes ? 'longer' : 'shorter'} than its descriptor says` }
  }
  const got = await store.manifest(repository, digest, signal)
  if ('lost' in got) return got
  const whole = { bytes: got.bytes.length, body: one(got.bytes), close: () => {} }
  return new ProvenContent(whole, expected, hashes)
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function* smallEntry(
  item: Item,
  content: ProvenContent,
  reading: Reading,
): AsyncIterable<Entry | Loss> {
  const taken = content.take(item.bytes, reading.signal)
  const chunks = await Array.fromAsync(taken, (chunk) => Buffer.from(chunk))
  const loss = await content.loss()
  if (loss) yield { item: item.id, lost: loss.lost }
  else yield* parts(item, reading, sliced(Buffer.concat(chunks)))
}

async function* largeEntries(
  item: Item,
  content: ProvenContent,
  reading: Reading,
): AsyncIterable<Entry | Loss> {
  const { slice, signal } = reading
  const before = ((slice.firstPart ?? 1) - 1) * slice.partBytes
  for await (const _ of content.take(before, signal)) throwIfInterrupted(signal)
  let taken = before
  for (const entry of parts(item, reading, (bytes) => content.take(bytes, signal))) {
    taken += entry.size
    yield { ...entry, hashed: (sha256) => content.told(sha256) }
  }
  for await (const _ of content.take(item.bytes - taken, signal)) throwIfInterrupted(signal)
  const loss = await content.loss()
  if (loss) yield { item: item.id, lost: loss.lost }
}

function sliced(whole: Buffer): (bytes: number) => AsyncIterable<Uint8Array> {
  let at = 0
  return (bytes) => {
    at += bytes
    return one(whole.subarray(at - bytes, at))
  }
}

/** The entries of an item: one, or one for each part of the slice; read in order. */
function* parts(
  item: Item,
  { slice: { partBytes, firstPart = 1, lastPart = Number.POSITIVE_INFINITY }, modified }: Reading,
  take: (bytes: number) => AsyncIterable<Uint8Array>,
): Iterable<Entry> {
  const path = `data/${item.id}`
  const shape = { item: item.id, type: 'file', mode: 0o644, modified } as const
  if (item.bytes <= partBytes) {
    yield { ...shape, path, size: item.bytes, content: () => take(item.bytes) }
    return
  }
  for (let part = firstPart; part <= lastPart && (part - 1) * partBytes < item.bytes; part++) {
    const size = Math.min(partBytes, item.bytes - (part - 1) * partBytes)
    const name = `${path}/part-${String(part).padStart(6, '0')}`
    yield { ...shape, path: name, part, size, content: () => take(size) }
  }
}
