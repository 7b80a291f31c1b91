import type { FileHandle } from 'node:fs/promises'

/** A file that holds a stretch of the disk. */
export interface VmdkExtent {
  readonly name: string
  /** Bytes of the disk before it. */
  readonly start: number
}

/** What a VMDK says that matters before QEMU opens it. */
export interface VmdkHeader {
  /** The files that hold its data, when it is a description of others. */
  readonly extents: readonly VmdkExtent[]
  /** Bytes that the guest sees. */
  readonly size: bigint
}

const longestDescription = 64 * 1024
const sector = 512n
const extentLine = /^(?:RW|RDONLY|NOACCESS)\s+(\d+)\s+(\w+)(?:\s+"([^"]*)"(?:\s+\d+)?)?\s*$/

/**
 * Reads description or header as hostile input, bounded. A string tells why it cannot be used. Only what VMware calls
 * sparse and flat extents can: no raw devices, and no disks that are differences to a parent.
 */
export async function readVmdk(handle: FileHandle, where: { offset: number }): Promise<VmdkHeader | string> {
  const head = await readAt(handle, where.offset, longestDescription)
  const magic = head.toString('latin1', 0, 4)
  if (magic === 'COWD') return 'a disk of an ESX server’s own sparse format'
  if (magic !== 'KDMV') return readDescription(head.toString('latin1'))
  if (head.length < 512) return 'its header is cut off'
  return readSparse(head, handle, where.offset)
}

async function readSparse(head: Buffer, handle: FileHandle, offset: number): Promise<VmdkHeader | string> {
  const sectors = head.readBigUInt64LE(12)
  // QEMU would then take the names of other files from the description inside.
  if (sectors === 0n) return 'a header without a size'
  const at = head.readBigUInt64LE(28) * sector
  const length = head.readBigUInt64LE(36) * sector
  if (at !== 0n && length > 0n) {
    if (at > BigInt(Number.MAX_SAFE_INTEGER) - BigInt(offset)) return 'its description lies nowhere'
    const text = await readAt(
      handle,
      offset + Number(at),
      Number(minimum(length, BigInt(longestDescription))),
    )
    const problem = parentProblem(text.toString('latin1'))
    if (problem !== undefined) return problem
  }
  return { extents: [], size: sectors * sector }
}

function readDescription(text: string): VmdkHeader | string {
  if (!text.startsWith('# Disk DescriptorFile')) return 'not a vmdk image'
  if (text.length >= longestDescription) return 'its description is too long'
  const problem = parentProblem(text)
  if (problem !== undefined) return problem
  const extents: VmdkExtent[] = []
  let sectors = 0n
  for (const line of text.split(/\r?\n/).filter((one) => /^\s*(RW|RDONLY|NOACCESS)\b/.test(one))) {
    const [, count, type = '', name] = extentLine.exec(line.trim()) ?? []
    if (count === undefined || count.length > 18) return 'its description makes no sense'
    const start = Number(sectors * sector)
    sectors += BigInt(count)
    if (type === 'ZERO') continue
    if (!['FLAT', 'SPARSE', 'VMFS'].includes(type) || name === undefined) return `an extent of type ${type}`
    // Anything but a plain name could lead out of the folder, or be taken for a protocol.
    if (!/^[^/\\:]+$/.test(name)) return 'an extent that is not in its folder'
    extents.push({ name, start })
  }
  return extents.length > 0 ? { extents, size: sectors * sector } : 'its description names no extent'
}

function parentProblem(text: string): string | undefined {
  return text.includes('parentFileNameHint') ? 'a difference to a parent disk' : undefined
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
