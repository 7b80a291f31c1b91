import { type Entry, type Item, type Loss, type Shard, throwIfInterrupted } from '@restitute/core'
import { partPath } from './bag-path.ts'
import { Breath } from './breath.ts'
import { chunksOf, entryOf, treeFile } from './entries.ts'
import { largeFile } from './large-file.ts'
import { unreadable } from './look.ts'
import { markOfHandle, openFile } from './open-file.ts'
import { liesInTree } from './place.ts'
import { type Slice, sliceOf } from './shards.ts'
import { Room, readSmallFile, smallBytes } from './small-file.ts'
import { treeLine } from './tree-line.ts'

/** What a shard is read for. */
interface Reading {
  readonly root: Buffer
  readonly slice: Slice | undefined
  readonly signal: AbortSignal
  readonly room: Room
}

/** What came out of the last item that is no follower: its followers come out as links to it. */
interface Led {
  /** Id of the leader. */
  readonly id: string
  entry?: Entry
  loss?: Loss
}

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
  const room = new Room()
  let led: Led | undefined
  for await (const item of items) {
    throwIfInterrupted(signal)
    lines.push(treeLine(item, slice?.parts))
    if (item.leader === undefined || item.leader !== led?.id) led = { id: item.leader ?? item.id }
    for await (const one of deliver(item, { root, slice, signal, room }, led)) {
      yield one
      if ('lost' in one) led.loss = one
      else led.entry ??= one
    }
    await breath.after(item.bytes)
  }
  if (slice === undefined || slice.part === 1) yield treeFile(shard, lines)
}

async function* deliver(item: Item, reading: Reading, led: Led): AsyncIterable<Entry | Loss> {
  if (item.lost !== undefined) return
  if (item.kind === 'directory') yield entryOf(item, {})
  if (item.kind !== 'file') return
  if (led.entry !== undefined) yield* deliverLink(item, led.entry, led.loss, reading.slice)
  else if (reading.slice === undefined && item.bytes <= smallBytes) yield* deliverSmall(item, reading)
  else yield* deliverLarge(item, reading)
}

function* deliverLink(
  item: Item,
  { path: link, size }: Entry,
  loss: Loss | undefined,
  slice: Slice | undefined,
): Iterable<Entry | Loss> {
  yield entryOf(item, { type: 'link', link, size, ...partOf(item, slice) })
  if (loss !== undefined) yield { item: item.id, lost: loss.lost }
}

function* deliverSmall(item: Item, { root, room }: Reading): Iterable<Entry | Loss> {
  const { bytes, extents, loss } = readSmallFile(root, item, room)
  if (bytes !== undefined) {
    const pieces = extents?.map(({ offset, length }) => bytes.subarray(offset, offset + length)) ?? [bytes]
    const content = (): AsyncIterable<Uint8Array> => chunksOf(pieces)
    yield entryOf(item, { size: bytes.length, content, ...(extents === undefined ? {} : { extents }) })
  }
  if (loss !== undefined) yield { item: item.id, lost: loss }
}

async function* deliverLarge(item: Item, { root, slice, signal }: Reading): AsyncIterable<Entry | Loss> {
  const opened = await openFile(root, item.id).catch((error: unknown) => unreadable(error))
  if (typeof opened === 'string') return yield { item: item.id, lost: opened }
  await using handle = opened
  if ((await markOfHandle(handle)) !== item.mark && !liesInTree(root, item.id))
    return yield { item: item.id, lost: 'changed after it was inventoried' }
  const { offset, length } = slice ?? { offset: 0, length: item.bytes }
  const file = await largeFile(handle, { offset, length, mark: item.mark }, signal)
  const { extents } = file
  const content = (): AsyncIterable<Uint8Array> => file.content()
  yield entryOf(item, {
    ...{ size: length, content, ...partOf(item, slice) },
    ...(extents === undefined ? {} : { extents }),
  })
  const lost = await file.loss()
  if (lost !== undefined) yield { item: item.id, lost }
}

function partOf(item: Item, slice: Slice | undefined): Partial<Entry> {
  return slice === undefined ? {} : { part: slice.part, path: partPath(item, slice.part) }
}
