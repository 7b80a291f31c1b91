import type { FileHandle } from 'node:fs/promises'
import { throwIfInterrupted } from '@restitute/core'
import { unreachable } from './files.ts'

/** A member of a tar: a stretch of it, or another name of one. */
export interface Member {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Of its content in the tar, bytes. */
  readonly offset: number
  readonly bytes: number
  /** Of a link: the member's name, or, for a symbolic one, a path from its folder. */
  readonly target: string
  readonly symbolic: boolean
}

const block = 512
const mostMembers = 200_000
const longestName = 64 * 1024
const kinds: Readonly<Record<string, Member['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'folder',
}

/** Long names that come before the member that they are of. */
interface Before {
  path?: string
  linkpath?: string
  size?: number
}

/**
 * The members of an uncompressed tar (POSIX ustar and pax, GNU long names), without reading their contents. Throws
 * `source-unreachable` for what is no tar or ends too early.
 */
export async function* membersOf(
  handle: FileHandle,
  path: string,
  signal: AbortSignal,
): AsyncIterable<Member> {
  const { size } = await handle.stat()
  let before: Before = {}
  let count = 0
  for (let at = 0; at + block <= size; ) {
    throwIfInterrupted(signal)
    const header = await readAt(handle, at, block)
    if (header.every((byte) => byte === 0)) return
    if (!hasChecksum(header) || ++count > mostMembers)
      throw unreachable(path, 'expected a tar, got something else')
    const type = String.fromCharCode(header[156] ?? 0)
    const bytes = before.size ?? numberIn(header, 124, 12)
    const offset = at + block
    if (!Number.isSafeInteger(bytes) || offset + bytes > size)
      throw unreachable(path, 'a tar that ends too early')
    at = offset + Math.ceil(bytes / block) * block
    if ('xLK'.includes(type)) before = { ...before, ...(await longNames(handle, type, offset, bytes)) }
    else if (type !== 'g') {
      yield member(header, type, { offset, bytes }, before)
      before = {}
    }
  }
}

function member(
  header: Buffer,
  type: string,
  { offset, bytes }: { offset: number; bytes: number },
  before: Before,
): Member {
  const prefix = header.subarray(257, 262).equals(Buffer.from('ustar')) ? textIn(header, 345, 155) : ''
  const name = before.path ?? (prefix === '' ? '' : `${prefix}/`) + textIn(header, 0, 100)
  const target = before.linkpath ?? textIn(header, 157, 100)
  const kind = kinds[type] ?? 'other'
  return { name: name.replace(/^(\.\/)+/, ''), kind, offset, bytes, target, symbolic: type === '2' }
}

async function longNames(handle: FileHandle, type: string, offset: number, bytes: number): Promise<Before> {
  const text = (await readAt(handle, offset, Math.min(bytes, longestName))).toString()
  if (type === 'L') return { path: text.replace(/\0.*$/s, '') }
  if (type === 'K') return { linkpath: text.replace(/\0.*$/s, '') }
  const pairs = [...text.matchAll(/\d+ ([A-Za-z.]+)=([^\n]*)\n/g)]
  const found = new Map(pairs.map(([, key = '', value = '']) => [key, value]))
  const [path, linkpath, size] = [found.get('path'), found.get('linkpath'), found.get('size')]
  return {
    ...(path !== undefined && { path }),
    ...(linkpath !== undefined && { linkpath }),
    ...(size !== undefined && { size: Number(size) }),
  }
}

async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, at)
  return buffer.subarray(0, bytesRead)
}

function textIn(header: Buffer, at: number, length: number): string {
  return header
    .subarray(at, at + length)
    .toString()
    .replace(/\0.*$/s, '')
}

function numberIn(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length)
  if (((field[0] ?? 0) & 0x80) === 0) return Number.parseInt(textIn(field, 0, length).trim() || '0', 8)
  return Number(BigInt(`0x${field.toString('hex')}`) & ((1n << BigInt(8 * length - 1)) - 1n))
}

function hasChecksum(header: Buffer): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0)
  return sum === numberIn(header, 148, 8)
}
