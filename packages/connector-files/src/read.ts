import { type Entry, type Item, type Loss, type Shard, throwIfInterrupted } from '@restitute/core'
import { mtimeOf, numberOf } from './attributes.ts'
import { bagPath, partPath } from './bag-path.ts'
import { Breath } from './breath.ts'
import { largeFile } from './large-file.ts'
import { unreadable } from './look.ts'
import { pathOf } from './names.ts'
import { openFile } from './open-file.ts'
import { type Slice, sliceOf } from './shards.ts'
import { readSmallFile, smallBytes } from './small-file.ts'
import { treeLine } from './tree-line.ts'

/** The entries of one shard and its losses; then, unless it is a later part of a file, its tree file. */
export async function* readShard(
  root: Buffer,
  shard: Shard,
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const slice = sliceOf(shard)
  const lines: string[] = []
  const breath = new Breath()
  for await (const item of items) {
    throwIfInterrupted(signal)
    lines.push(treeLine(item, slice?.parts))
    yield* deliver(root, item, slice, signal)
    await breath.after(item.bytes)
  }
  if (slice === undefined || slice.part === 1) yield treeFile(shard, lines)
}

function isReadable(item: Item): boolean {
  return item.kind === 'file' && item.lost === undefined
}

async function* deliver(
  root: Buffer,
  item: Item,
  slice: Slice | undefined,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  if (item.kind === 'directory' && item.lost === undefined) yield entryOf(item, {})
  if (!isReadable(item)) return
  if (slice === undefined && item.bytes <= smallBytes) yield* deliverSmall(root, item)
  else yield* deliverLarge(root, item, slice, signal)
}

function* deliverSmall(root: Buffer, item: Item): Iterable<Entry | Loss> {
  const { bytes, loss } = readSmallFile(pathOf(root, item.id), item)
  if (bytes !== undefined) yield entryOf(item, { size: bytes.length, content: () => chunksOf(bytes) })
  if (loss !== undefined) yield { item: item.id, lost: loss }
}

async function* deliverLarge(
  root: Buffer,
  item: Item,
  slice: Slice | undefined,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const opened = await openFile(pathOf(root, item.id)).catch((error: unknown) => unreadable(error))
  if (typeof opened === 'string') return yield { item: item.id, lost: opened }
  await using handle = opened
  const { offset, length } = slice ?? { offset: 0, length: item.bytes }
  const file = largeFile(handle, { offset, length, mark: item.mark }, signal)
  const place = slice === undefined ? {} : { part: slice.part, path: partPath(item, slice.part) }
  yield entryOf(item, { ...place, size: length, content: () => file.content() })
  const lost = await file.loss()
  if (lost !== undefined) yield { item: item.id, lost }
}

/** An entry of an item: what is not given follows from the item, and the content is empty. */
function entryOf(item: Item, given: Partial<Entry>): Entry {
  return {
    path: bagPath(item),
    item: item.id,
    type: item.kind === 'directory' ? 'directory' : 'file',
    size: 0,
    mode: numberOf(item, 'mode') ?? 0,
    modified: mtimeOf(item),
    content: () => chunksOf(Buffer.alloc(0)),
    ...given,
  }
}

function treeFile(shard: Shard, lines: readonly string[]): Entry {
  const bytes = Buffer.from(lines.join(''))
  return {
    path: `tree-${shard.id}.jsonl`,
    type: 'file',
    size: bytes.length,
    mode: 0o644,
    modified: 0n,
    content: () => chunksOf(bytes),
  }
}

async function* chunksOf(bytes: Buffer): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
