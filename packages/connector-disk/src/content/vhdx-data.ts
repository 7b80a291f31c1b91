import type { FileHandle } from 'node:fs/promises'
import type { Extent } from '@restitute/core'
import { openImage } from '../image/image.ts'
import type { Range } from './reader.ts'

// [MS-VHDX] §2.2–2.6. QEMU cannot tell which blocks of a VHDX hold data; its table is simple enough to be read here.
const regionTables = [192 * 1024, 256 * 1024]
const batRegion = '6677c22d23f600429d64115e9bfd4a08'
const metadataRegion = '06a27c8b90479a4bb8fe575f050f886e'
const fileParameters = '3767a1ca36fa434db3b633f0aa44e76b'
const logicalSectorSize = '1dbf41816fa90947ba47f233a8faab5f'
const mostEntries = 2047
const entriesAtOnce = 8192
/** States of a block that reads as zeros: not present, zero, unmapped. */
const holes = new Set([0, 2, 3])

interface Table {
  readonly offset: number
  readonly blockBytes: number
  /** After so many entries comes one that is of no interest. */
  readonly ratio: number
}

/** The blocks of a range of a VHDX that hold data; the whole range where its table makes no sense. */
export async function* vhdxData(path: string, { offset, length }: Range): AsyncIterable<Extent> {
  await using handle = await openImage(path)
  const table = await tableOf(handle)
  if (table === undefined) {
    yield { offset, length }
    return
  }
  const { blockBytes, ratio } = table
  const last = Math.floor((offset + length - 1) / blockBytes)
  for (let block = Math.floor(offset / blockBytes); block <= last; ) {
    const count = Math.min(ratio - (block % ratio), last - block + 1, entriesAtOnce)
    const entries = await bytesAt(handle, table.offset + 8 * (block + Math.floor(block / ratio)), 8 * count)
    for (let i = 0; i < count; i++) {
      const state = (entries[8 * i] ?? 1) & 7
      const from = Math.max(offset, (block + i) * blockBytes)
      const to = Math.min(offset + length, (block + i + 1) * blockBytes)
      if (!holes.has(state)) yield { offset: from, length: to - from }
    }
    block += count
  }
}

async function tableOf(handle: FileHandle): Promise<Table | undefined> {
  for (const at of regionTables) {
    const regions = await bytesAt(handle, at, 64 * 1024)
    if (regions.toString('latin1', 0, 4) !== 'regi') continue
    const [bat, metadata] = [entryOf(regions, batRegion, 8, 16), entryOf(regions, metadataRegion, 8, 16)]
    if (bat === undefined || metadata === undefined) continue
    const [offset, base] = [Number(bat.readBigUInt64LE(16)), Number(metadata.readBigUInt64LE(16))]
    const items = await bytesAt(handle, base, 64 * 1024)
    const [parameters, sector] = [
      entryOf(items, fileParameters, 10, 32),
      entryOf(items, logicalSectorSize, 10, 32),
    ]
    if (parameters === undefined || sector === undefined) continue
    const blockBytes = (await bytesAt(handle, base + parameters.readUInt32LE(16), 4)).readUInt32LE(0)
    const sectorBytes = (await bytesAt(handle, base + sector.readUInt32LE(16), 4)).readUInt32LE(0)
    const ratio = (2 ** 23 * sectorBytes) / blockBytes
    if (Number.isSafeInteger(ratio) && ratio > 0 && blockBytes >= 2 ** 20)
      return { offset, blockBytes, ratio }
  }
  return undefined
}

/** The entry of a table, 32 bytes, that begins with an id; how many there are stands at `countAt`. */
function entryOf(table: Buffer, id: string, countAt: number, from: number): Buffer | undefined {
  const count = countAt === 10 ? table.readUInt16LE(10) : table.readUInt32LE(8)
  for (let i = 0; i < Math.min(count, mostEntries); i++) {
    const entry = table.subarray(from + 32 * i, from + 32 * (i + 1))
    if (entry.length === 32 && entry.toString('hex', 0, 16) === id) return entry
  }
  return undefined
}

/** Zeros stand for what lies beyond the end. */
async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer
}
