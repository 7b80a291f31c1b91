import type { FileHandle } from 'node:fs/promises'
import { RestituteError } from '@restitute/core'
import type { Window } from '../image/image.ts'

const block = 512
const mostMembers = 1000
const longestName = 4096

/**
 * Where the files of an OVA lie in it: a tar, read header by header (POSIX ustar, with pax and GNU long names). Throws
 * `hostile-input` for anything else.
 */
export async function readOva(handle: FileHandle, path: string): Promise<Map<string, Window>> {
  const members = new Map<string, Window>()
  const end = (await handle.stat()).size
  let longName: string | undefined
  for (let at = 0, count = 0; at + block <= end; count++) {
    const header = await bytesAt(handle, at, block)
    if (header.every((byte) => byte === 0)) break
    const size = sizeIn(header)
    const [type, offset] = [header.toString('latin1', 156, 157), at + block]
    if (size === undefined || offset + size > end || count > mostMembers || !sumFits(header))
      throw wrong(path)
    if (type === 'x' || type === 'L') longName = await nameIn(handle, type, offset, size, path)
    else {
      const name = longName ?? text(header, 0, 100)
      if ((type === '0' || type === '\0') && !members.has(name)) members.set(name, { offset, size })
      longName = undefined
    }
    at = offset + Math.ceil(size / block) * block
  }
  if (members.size === 0) throw wrong(path)
  return members
}

/** Octal, or in binary where the first bit is set. */
function sizeIn(header: Buffer): number | undefined {
  const binary = ((header[124] ?? 0) & 0x80) !== 0
  const octal = text(header, 124, 12).trim()
  const size = binary
    ? Number(header.readBigUInt64BE(128))
    : /^[0-7]+$/.test(octal)
      ? Number.parseInt(octal, 8)
      : Number.NaN
  return Number.isSafeInteger(size) ? size : undefined
}

function sumFits(header: Buffer): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
  return Number.parseInt(text(header, 148, 8).trim(), 8) === sum
}

async function nameIn(
  handle: FileHandle,
  type: string,
  offset: number,
  size: number,
  path: string,
): Promise<string | undefined> {
  if (size > longestName) throw wrong(path)
  const bytes = await bytesAt(handle, offset, size)
  if (type === 'L') return text(bytes, 0, bytes.length)
  return /^\d+ path=([^\n]*)$/m.exec(bytes.toString('utf8'))?.[1]
}

function text(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function wrong(path: string): RestituteError {
  return new RestituteError('hostile-input', `description ${path}: not an OVA that can be read`)
}
