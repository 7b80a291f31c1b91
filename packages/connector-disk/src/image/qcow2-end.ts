import type { FileHandle } from 'node:fs/promises'

/** How the tables of a qcow2 image lie (QEMU, docs/interop/qcow2.txt). */
interface Tables {
  /** Bytes of the file. */
  readonly end: number
  readonly clusterBits: number
  /** With a word that says which parts of a cluster are allocated. */
  readonly extended: boolean
  readonly first: { readonly offset: number; readonly bytes: number }
}

const headerBytes = 104
// QEMU opens no image with more.
const mostFirstBytes = 32 * 1024 * 1024
const extendedBit = 0x10
const compressedBit = 0x40000000

/**
 * Whether an image refers to clusters behind the end of its file, as one does that was copied in part: QEMU would read zeros
 * there without a word. Only the last one may end behind it. What is odd otherwise is QEMU's to refuse.
 */
export async function isCutShort(handle: FileHandle): Promise<boolean> {
  const tables = await tablesOf(handle)
  if (tables === undefined) return false
  const clusterBytes = 2 ** tables.clusterBits
  let left = Math.ceil(tables.end / clusterBytes)
  const first = await bytesAt(handle, tables.first.offset, tables.first.bytes)
  for (let at = 0; at + 8 <= first.length; at += 8) {
    const offset = offsetAt(first, at)
    if (offset === 0) continue
    if (offset >= tables.end) return true
    // Tables that lie over one another: there cannot be as many.
    if (--left < 0) return false
    if (refersBehind(await bytesAt(handle, offset, clusterBytes), tables)) return true
  }
  return false
}

async function tablesOf(handle: FileHandle): Promise<Tables | undefined> {
  const stats = await handle.stat()
  const header = await bytesAt(handle, 0, headerBytes)
  if (!stats.isFile() || header.length < 72) return undefined
  const clusterBits = header.readUInt32BE(20)
  const first = { offset: Number(header.readBigUInt64BE(40)), bytes: header.readUInt32BE(36) * 8 }
  if (clusterBits < 9 || clusterBits > 21 || first.bytes > mostFirstBytes || first.offset >= stats.size)
    return undefined
  const features = header.readUInt32BE(4) === 3 && header.length >= 80 ? header.readUInt32BE(76) : 0
  return { end: stats.size, clusterBits, first, extended: (features & extendedBit) !== 0 }
}

function refersBehind(table: Buffer, { end, clusterBits, extended }: Tables): boolean {
  const step = extended ? 16 : 8
  for (let at = 0; at + step <= table.length; at += step) {
    const [high, low] = [table.readUInt32BE(at), table.readUInt32BE(at + 4)]
    const compressed = (high & compressedBit) !== 0
    // A cluster of zeros may have a place all the same, which nobody wrote to.
    const zeros = !compressed && (extended ? table.readUInt32BE(at + 12) === 0 : (low & 1) !== 0)
    const offset = compressed ? compressedOffset(high, low, clusterBits) : offsetAt(table, at)
    if (!zeros && offset >= end) return true
  }
  return false
}

/** 0 where there is none. */
function offsetAt(table: Buffer, at: number): number {
  return (table.readUInt32BE(at) & 0x00ffffff) * 2 ** 32 + ((table.readUInt32BE(at + 4) & ~0x1ff) >>> 0)
}

/** The bits above it count sectors. */
function compressedOffset(high: number, low: number, clusterBits: number): number {
  return (high & (2 ** (38 - clusterBits) - 1)) * 2 ** 32 + low
}

/** Fewer where the file ends. */
async function bytesAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}
