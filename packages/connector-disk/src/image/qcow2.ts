import type { FileHandle } from 'node:fs/promises'
import { formatNamed, type ImageFormat } from './formats.ts'

/** What the header of a qcow2 image says that matters before QEMU opens it. */
export interface Qcow2Header {
  /** Bytes that the guest sees. */
  readonly size: bigint
  readonly encrypted: boolean
  readonly externalData: boolean
  readonly backing?: string
  readonly backingFormat?: ImageFormat | 'unknown'
}

const longestHeader = 64 * 1024
const longestName = 1023
const endOfExtensions = 0
const backingFormatExtension = 0xe2792aca
const externalDataExtension = 0x44415441
const externalDataBit = 4n

/**
 * Reads the header as hostile input, bounded (QEMU, docs/interop/qcow2.txt). A string tells why it is none that can
 * be used.
 */
export async function readQcow2(handle: FileHandle): Promise<Qcow2Header | string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestHeader), 0, longestHeader, 0)
  const bytes = buffer.subarray(0, bytesRead)
  if (bytes.length < 72 || bytes.toString('latin1', 0, 4) !== 'QFI\xfb') return 'not a qcow2 image'
  const version = bytes.readUInt32BE(4)
  if (version !== 2 && version !== 3) return `qcow version ${version}`
  const backing = backingName(bytes)
  if (backing === undefined) return 'the name of its backing file lies outside its header'
  const extensions = extensionsOf(bytes, version === 2 ? 72 : headerLength(bytes))
  const features = version === 3 && bytes.length >= 80 ? bytes.readBigUInt64BE(72) : 0n
  return {
    size: bytes.readBigUInt64BE(24),
    encrypted: bytes.readUInt32BE(32) !== 0,
    externalData: (features & externalDataBit) !== 0n || extensions.has(externalDataExtension),
    ...(backing === '' ? {} : { backing, ...formatIn(extensions.get(backingFormatExtension)) }),
  }
}

function headerLength(bytes: Buffer): number {
  return bytes.length < 104 ? bytes.length : bytes.readUInt32BE(100)
}

/** Empty: none. Undefined: it makes no sense. */
function backingName(bytes: Buffer): string | undefined {
  const offset = bytes.readBigUInt64BE(8)
  const length = bytes.readUInt32BE(16)
  if (offset === 0n || length === 0) return ''
  if (length > longestName || offset > BigInt(bytes.length - length)) return undefined
  return bytes.toString('utf8', Number(offset), Number(offset) + length)
}

function extensionsOf(bytes: Buffer, from: number): Map<number, string> {
  const found = new Map<number, string>()
  for (let at = from; at + 8 <= bytes.length; ) {
    const type = bytes.readUInt32BE(at)
    const length = bytes.readUInt32BE(at + 4)
    if (type === endOfExtensions || at + 8 + length > bytes.length) break
    found.set(type, bytes.toString('utf8', at + 8, at + 8 + length))
    at += 8 + Math.ceil(length / 8) * 8
  }
  return found
}

function formatIn(name: string | undefined): Pick<Qcow2Header, 'backingFormat'> {
  return name === undefined ? {} : { backingFormat: formatNamed(name) ?? 'unknown' }
}
