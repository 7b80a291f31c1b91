import { block } from './extents.ts'

/** The fields of a header (POSIX ustar), as far as we write them. */
export interface UstarFields {
  /** At most 100 bytes of ASCII, like `linkname`. */
  readonly name: string
  readonly linkname: string
  readonly flag: string
  /** Bytes that follow. */
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Since 1970, below 2^33. */
  readonly seconds: number
}

const largestOctal = 8 ** 11 - 1

/** What every header has: the checksum's field as spaces, the format, no device. */
const blank = Buffer.alloc(block)
blank.write(' '.repeat(8), 148, 'latin1')
blank.write('ustar\u000000', 257, 'latin1')
blank.write(`${octal(0, 6)}\0${octal(0, 6)}`, 329, 'latin1')

/**
 * Writes one header block at `at`. A size that eleven octal digits cannot say is written in base 256, as GNU tar and bsdtar
 * read it.
 */
export function writeUstar(into: Buffer, at: number, fields: UstarFields): void {
  const { name, linkname, flag, size, mode, uid, gid, seconds } = fields
  const header = into.subarray(at, at + block)
  blank.copy(header)
  header.write(name, 0, 'latin1')
  const owner = `${octal(mode, 6)}\0${octal(uid, 6)}\0${octal(gid, 6)}\0`
  header.write(`${owner}${octal(size, 11)}${octal(seconds, 11)}`, 100, 'latin1')
  header.write(`${flag}${linkname}`, 156, 'latin1')
  if (size > largestOctal) writeBase256(header, size)
  header.write(`${octal(checksum(header), 6).trimEnd()}\0`, 148, 'latin1')
}

/** The sum of a header's bytes, its own field counted as spaces. */
export function checksum(header: Uint8Array): number {
  return sumOf(header, 0, 148) + 8 * 0x20 + sumOf(header, 156, block)
}

function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let at = from; at < to; at++) sum += bytes[at] ?? 0
  return sum
}

/** Digits and a space; as large as it gets when there are too few: the true value is then in a pax record. */
function octal(value: number, digits: number): string {
  const text = value.toString(8)
  return `${text.length > digits ? '7'.repeat(digits) : text.padStart(digits, '0')} `
}

function writeBase256(header: Buffer, size: number): void {
  header.fill(0, 124, 136)
  header[124] = 0x80
  header.writeBigUInt64BE(BigInt(size), 128)
}
