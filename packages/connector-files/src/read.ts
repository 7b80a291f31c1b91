import { type Entry, type Item, type Loss, type Shard, throwIfInterrupted } from '@restitute/core'
import { partPath } from './bag-path.ts'
import { Breath } from './breath.ts'
import { chunksOf, entryOf, treeFile } from './entries.ts'
import { closingUnlessLocked } from './held-locks.ts'
import { largeFile } from './large-file.ts'
import { lossOf } from './loss.ts'
import { markOfHandle, openFile, sleep, waitUntilSettled } from './open-file.ts'
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
    const read = readItem(item, { root, slice, signal, room }, led)
    // A turn of the event loop for each step of each small file would cost more than reading it.
    if (Symbol.iterator in read) for (const one of read) yield noted(one, led)
    else for await (const one of read) yield noted(one, led)
    const pause = breath.after(item.bytes)
    if (pause) await pause
  }
  if (slice === undefined || slice.part === 1) yield treeFile(shard, lines)
}

function noted(one: Entry | Loss, led: Led): Entry | Loss {
  if ('lost' in one) led.loss = one
  else led.entry ??= one
  return one
}

function readItem(
  item: Item,
  reading: Reading,
  led: Led,
): Iterable<Entry | Loss> | AsyncIterable<Entry | Loss> {
  if (item.lost !== undefined) return []
  if (item.kind === 'directory') return [entryOf(item, {})]
  if (item.kind !== 'file') return []
  if (led.entry !== undefined) return linkTo(led.entry, led.loss, item, reading.slice)
  return reading.slice === undefined && item.bytes <= smallBytes
    ? readSmall(item, reading)
    : readLarge(item, reading)
}

function linkTo(
  { path: link, size }: Entry,
  loss: Loss | undefined,
  item: Item,
  slice: Slice | undefined,
): (Entry | Loss)[] {
  const entry = entryOf(item, { type: 'link', link, size, ...partOf(item, slice) })
  return loss === undefined ? [entry] : [entry, { item: item.id, lost: loss.lost }]
}

function readSmall(
  item: Item,
  reading: Reading,
  waited = false,
): (Entry | Loss)[] | AsyncIterable<Entry | Loss> {
  const { bytes, extents, loss, lent, early } = readSmallFile(reading.root, item, reading.room, waited)
  if (lent) return readLarge(item, reading)
  if (early !== undefined) return readLater(item, reading, early)
  const read: (Entry | Loss)[] = []
  if (bytes !== undefined) {
    const pieces = extents?.map(({ offset, length }) => bytes.subarray(offset, offset + length)) ?? [bytes]
    const content = (): AsyncIterable<Uint8Array> => chunksOf(pieces)
    read.push(
      entryOf(item, {
        size: bytes.length,
        content,
        ...(extents === undefined ? { atHand: bytes } : { extents }),
      }),
    )
  }
  if (loss !== undefined) read.push({ item: item.id, lost: loss })
  return read
}

async function* readLater(item: Item, reading: Reading, ms: number): AsyncIterable<Entry | Loss> {
  await sleep(ms, reading.signal)
  yield* readSmall(item, reading, true)
}

async function* readLarge(item: Item, { root, slice, signal }: Reading): AsyncIterable<Entry | Loss> {
  const handle = await openFile(root, item.id, signal).catch((error: unknown) => lossOf(error))
  throwIfInterrupted(signal)
  if (typeof handle === 'string') return yield { item: item.id, lost: handle }
  await using _closed = closingUnlessLocked(handle)
  await waitUntilSettled(handle, signal)
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
