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

/** One header block. A size that eleven octal digits cannot say is written in base 256, as GNU tar and bsdtar read it. */
export function ustarHeader(fields: UstarFields): Buffer {
  const { name, linkname, flag, size, mode, uid, gid, seconds } = fields
  const numbers = [octal(mode, 6), octal(uid, 6), octal(gid, 6)].map((text) => `${text}\0`).join('')
  const owners = `ustar\u000000${'\0'.repeat(64)}${octal(0, 6)}\0${octal(0, 6)}`
  const end = `${' '.repeat(8)}${flag}${linkname.padEnd(100, '\0')}${owners}`
  const text = `${name.padEnd(100, '\0')}${numbers}${octal(size, 11)}${octal(seconds, 11)}${end}`
  const header = Buffer.from(text.padEnd(block, '\0'), 'latin1')
  if (size > largestOctal) writeBase256(header, size)
  header.write(`${octal(checksum(header), 6).trimEnd()}\0 `, 148, 'latin1')
  return header
}

/** The sum of a header's bytes, its own field counted as spaces. */
export function checksum(header: Uint8Array): number {
  let sum = 8 * 0x20
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0
  return sum
}

/** Digits and a space; as large as it gets when there are too few: the true value is then in a pax record. */
function octal(value: number, digits: number): string {
  const text = value.toString(8)
  return `${text.length > digits ? '7'.repeat(digits) : text.padStart(digits, '0')} `
}

function writeBase256(header: Buffer, size: number): void {
  header[124] = 0x80
  header.writeBigUInt64BE(BigInt(size), 128)
}
