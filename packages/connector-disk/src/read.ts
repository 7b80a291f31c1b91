import {
  type Entry,
  type Extent,
  type Item,
  type Loss,
  type Shard,
  throwIfInterrupted,
} from '@restitute/core'
import { bytesOf, extentsOf, within } from './content/extents.ts'
import { type Part, partsOf } from './content/parts.ts'
import type { Range, Reader } from './content/reader.ts'
import { DiskLines } from './disk-lines.ts'
import { cannotBeRead } from './items.ts'
import { filesOf, type Member } from './machine/machine.ts'
import { marksOf } from './machine/marks.ts'
import { machineEntries } from './machine-entries.ts'
import type { OpenReader } from './open-reader.ts'
import { type Slice, sliceOf } from './shards.ts'

/** Where the content of members comes from. */
export interface Reading {
  readonly members: ReadonlyMap<string, Member>
  readonly readers: OpenReader
  readonly modified: bigint
}

/** The entries of one shard and its losses, then the lines that describe what begins in it. */
export async function* readShard(
  reading: Reading,
  shard: Shard,
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const slice = sliceOf(shard)
  const lines = new DiskLines()
  for await (const item of items) {
    throwIfInterrupted(signal)
    const member = reading.members.get(item.id)
    if (member === undefined) yield { item: item.id, lost: 'not in this view of the machine' }
    else yield* deliver(reading, item, member, slice, signal)
    if (slice === undefined || slice.first === 1) lines.add(item, slice)
  }
  yield* lines.entries(shard)
}

async function* deliver(
  reading: Reading,
  item: Item,
  member: Member,
  slice: Slice | undefined,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  if (member.digest !== undefined) {
    return yield* machineEntries([...reading.members.values()], reading.modified)
  }
  if (member.content !== undefined && (item.lost === undefined || item.bytes > 0)) {
    const parts = slice ? partsOf(item.bytes, slice.partBytes, slice.first, slice.last) : [whole(item)]
    yield* entriesOf(reading, item, { member, parts, cut: slice !== undefined }, signal)
  }
  if (item.lost !== undefined) yield { item: item.id, lost: item.lost }
}

function whole({ bytes }: Item): Part {
  return { number: 1, offset: 0, length: bytes }
}

interface Wanted {
  readonly member: Member
  readonly parts: Iterable<Part>
  readonly cut: boolean
}

async function* entriesOf(
  { readers, modified }: Reading,
  item: Item,
  { member, parts, cut }: Wanted,
  signal: AbortSignal,
): AsyncIterable<Entry | Loss> {
  const path = `data/${member.bagPath}`
  const common = { item: item.id, type: 'file', mode: 0o600, modified } as const
  try {
    const reader = await readers.of(member, signal)
    if (reader.size !== item.bytes) throw new Error('another size')
    for (const part of parts) {
      const content = await partContent(reader, part, signal)
      const name = cut ? { path: partPath(path, part.number), part: part.number } : { path }
      const { extents } = content
      yield { ...common, ...name, size: part.length, ...(extents && { extents }), content: content.bytes }
      if (content.failed()) throw new Error('zeros stand for what cannot be read')
    }
  } catch {
    await readers.close()
    throwIfInterrupted(signal)
    return yield { item: item.id, lost: cannotBeRead }
  }
  if ((await marksOf(filesOf(member))) !== item.mark) {
    yield { item: item.id, lost: 'changed while it was read' }
  }
}

/** Parts lie in a folder in the place of the file: `cat` joins them. */
export function partPath(path: string, number: number): string {
  return `${path}/part-${String(number).padStart(6, '0')}`
}

interface PartContent {
  readonly extents: readonly Extent[] | undefined
  readonly bytes: () => AsyncIterable<Uint8Array>
  /** Whether zeros stand for what could not be read; to be asked when the content was read. */
  readonly failed: () => boolean
}

/** The size of an entry is promised before its content: when reading fails, zeros fill the rest. */
async function partContent(reader: Reader, part: Range, signal: AbortSignal): Promise<PartContent> {
  const extents = await extentsOf(reader.data(part, signal), part)
  let failed = false
  async function* bytes(): AsyncIterable<Uint8Array> {
    const ranges = within(part, extents)
    let missing = bytesOf(ranges)
    try {
      for await (const chunk of reader.read(ranges, signal)) {
        missing -= chunk.length
        yield chunk
      }
    } catch {
      throwIfInterrupted(signal)
      failed = true
    }
    yield* zeros(missing, signal)
  }
  return { extents, bytes, failed: () => failed }
}

const nothing = new Uint8Array(256 * 1024)

function* zeros(bytes: number, signal: AbortSignal): Iterable<Uint8Array> {
  for (let left = bytes; left > 0; left -= nothing.length) {
    throwIfInterrupted(signal)
    yield nothing.subarray(0, Math.min(left, nothing.length))
  }
}
