import type { ReadAt } from './inside.ts'

/** A partition. */
export interface Partition {
  readonly number: number
  /** Bytes from the beginning of the disk. */
  readonly start: number
  readonly bytes: number
  /** GUID of its type (GPT), or the type in two hexadecimal digits (MBR). */
  readonly type: string
  readonly name?: string
}

/** What divides a disk. */
export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr'
  readonly partitions: readonly Partition[]
}

const mostEntries = 128
const protective = 'ee'
const extended = new Set(['05', '0f', '85'])

/** The partition table of a disk (UEFI 2.10 §5; MBR); nothing where there is none that makes sense. */
export async function partitionsOf(readAt: ReadAt, size: number): Promise<PartitionTable | undefined> {
  for (const sector of [512, 4096]) {
    const partitions = await gptOf(readAt, sector, size)
    if (partitions !== undefined) return { kind: 'gpt', partitions }
  }
  const first = await readAt(0, 512)
  if (first.length < 512 || first.readUInt16BE(510) !== 0x55aa) return undefined
  const entries = mbrEntries(first, 0, size)
  if (entries === undefined || entries.length === 0) return undefined
  return { kind: 'mbr', partitions: await withLogical(readAt, entries, size) }
}

async function gptOf(readAt: ReadAt, sector: number, size: number): Promise<Partition[] | undefined> {
  const header = await readAt(sector, 512)
  if (header.length < 92 || header.toString('latin1', 0, 8) !== 'EFI PART') return undefined
  const table = Number(header.readBigUInt64LE(72)) * sector
  const [count, length] = [Math.min(header.readUInt32LE(80), mostEntries), header.readUInt32LE(84)]
  if (length < 128 || length > 4096 || !Number.isSafeInteger(table)) return undefined
  const bytes = await readAt(table, count * length)
  const found: Partition[] = []
  for (let i = 0; (i + 1) * length <= bytes.length; i++) {
    const partition = gptEntry(bytes.subarray(i * length, (i + 1) * length), i + 1, sector)
    if (partition && partition.start + partition.bytes <= size) found.push(partition)
  }
  return found
}

function gptEntry(entry: Buffer, number: number, sector: number): Partition | undefined {
  const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))]
  if (entry.subarray(0, 16).every((byte) => byte === 0) || last < first) return undefined
  const name = entry.toString('utf16le', 56, 128).replace(/\0.*$/s, '').toWellFormed()
  const place = { start: first * sector, bytes: (last - first + 1) * sector }
  return { number, ...place, type: guidOf(entry), ...(name !== '' && { name }) }
}

/** The first three groups are little-endian. */
function guidOf(bytes: Buffer): string {
  const groups = [bytes.subarray(0, 4).toReversed(), bytes.subarray(4, 6).toReversed()]
  const rest = [bytes.subarray(6, 8).toReversed(), bytes.subarray(8, 10), bytes.subarray(10, 16)]
  return [...groups, ...rest].map((group) => Buffer.from(group).toString('hex')).join('-')
}

/** Undefined when these are no entries: the same signature ends the first sector of a FAT or NTFS, too. */
function mbrEntries(sector: Buffer, base: number, size: number): Partition[] | undefined {
  const found: Partition[] = []
  for (let i = 0; i < 4; i++) {
    const entry = sector.subarray(446 + 16 * i, 462 + 16 * i)
    const type = entry.toString('hex', 4, 5)
    const place = { start: base + entry.readUInt32LE(8) * 512, bytes: entry.readUInt32LE(12) * 512 }
    if (((entry[0] ?? 0) & 0x7f) !== 0) return undefined
    if (type === '00' || place.bytes === 0) continue
    if (type !== protective && place.start + place.bytes > size) return undefined
    found.push({ number: i + 1, ...place, type })
  }
  return found
}

/** Logical partitions form a chain of tables inside the extended one. */
async function withLogical(
  readAt: ReadAt,
  primary: readonly Partition[],
  size: number,
): Promise<Partition[]> {
  const found = [...primary]
  const outer = primary.find(({ type }) => extended.has(type))
  for (let at = outer?.start ?? -1, number = 5; at > 0 && number < mostEntries; number++) {
    const sector = await readAt(at, 512)
    if (sector.length < 512 || sector.readUInt16BE(510) !== 0x55aa) break
    const [own] = mbrEntries(sector, at, size) ?? []
    if (own && !extended.has(own.type)) found.push({ ...own, number })
    const next = sector.readUInt32LE(446 + 16 + 8) * 512
    at = next === 0 || outer === undefined ? -1 : outer.start + next
  }
  return found
}
