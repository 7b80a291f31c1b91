import { locate, type Place, type RowBytes } from './packets.ts'
import type { RowSink } from './reading.ts'
import type { RowSum } from './row-sum.ts'

/** How a cell is written: as it comes; between quotes; as base64. */
export type Cell = 'plain' | 'quoted' | 'base64'

/** What the cells mean, for people; it stands in each data package. */
export const dialectText: string =
  'RFC 4180 with LF. NULL without quotes is NULL; all text is between double quotes, so that "NULL" is text. ' +
  'Numbers, dates and times are never quoted. Bytes are in base64. Times are UTC where the type is TIMESTAMP. ' +
  'A BIT is a whole number; so is an ENUM or SET with an empty member: the number of the member, 0 for an invalid value; of a SET, the sum of 1, 2, 4, … for its members. A geometry is its SRID (4 bytes, little endian) and its WKB, in base64. ' +
  'Generated columns are left out.'

const quote = 0x22
const comma = 0x2c
const lineFeed = 0x0a
const shortBytes = 48
// Of a row that is longer each value is given the room that it needs, not the most that it might.
const longRow = 1024 * 1024
// A multiple of 3, so that the pieces join.
const base64Piece = 3 * 256 * 1024

/**
 * Turns row packets into CSV, in parts that end with a row; where there is a sum, the last value of each row is its digest
 * and goes into it. Nothing is made of a value on the way: bytes go from one buffer to another.
 */
export class CsvEncoder implements RowSink {
  /** Rows so far. */
  rows = 0
  readonly #cells: readonly Cell[]
  readonly #sum: RowSum | undefined
  readonly #partBytes: number
  readonly #place: Place = { start: 0, length: 0 }
  readonly #least: number
  #part: Buffer
  #spare: Buffer | undefined
  #at = 0
  #searched: Buffer | undefined
  #searchedFrom = 0
  #quoteAt = 0

  constructor(o: { cells: readonly Cell[]; header: Buffer; sum: RowSum | undefined; partBytes: number }) {
    this.#cells = o.cells
    this.#sum = o.sum
    this.#partBytes = o.partBytes
    this.#least = Math.max(o.partBytes + 64 * 1024, o.header.length)
    this.#part = Buffer.allocUnsafe(this.#least)
    this.#at = o.header.copy(this.#part)
  }

  /** Whether the part is full. */
  take({ buffer, offset, end }: RowBytes): boolean {
    const place = this.#place
    const long = end - offset > longRow
    this.#reserve((long ? 0 : (end - offset) * 2) + this.#cells.length * 6 + 1)
    let at = offset
    for (let i = 0; i < this.#cells.length; i++) {
      locate(buffer, at, place)
      if (long) this.#reserve(roomOf(this.#cells[i], place.length) + this.#cells.length * 6 + 1)
      if (i > 0) this.#part[this.#at++] = comma
      if (place.length < 0) this.#at += this.#part.write('NULL', this.#at, 'latin1')
      else this.#cell(this.#cells[i] ?? 'quoted', buffer, place)
      at = place.start + Math.max(0, place.length)
    }
    this.#part[this.#at++] = lineFeed
    this.rows++
    if (this.#sum) {
      locate(buffer, at, place)
      this.#sum.add(buffer, place.start)
    }
    return this.#at >= this.#partBytes
  }

  /** Bytes written since the last part. */
  get bytes(): number {
    return this.#at
  }

  /** What has been written since the last call; good until the next call. */
  part(): Buffer {
    const part = this.#part.subarray(0, this.#at)
    const spare = this.#spare ?? Buffer.allocUnsafe(this.#least)
    // What a long row has made larger is not kept.
    this.#spare = this.#part.length > this.#least ? undefined : this.#part
    this.#part = spare
    this.#at = 0
    return part
  }

  #cell(cell: Cell, buffer: Buffer, { start, length }: Place): void {
    if (cell === 'plain') this.#copy(buffer, start, start + length)
    else if (cell === 'base64') {
      for (let from = start, end = start + length; from < end; from += base64Piece) {
        const piece = buffer.toString('base64', from, Math.min(from + base64Piece, end))
        this.#at += this.#part.write(piece, this.#at, 'latin1')
      }
    } else {
      this.#part[this.#at++] = quote
      this.#quoted(buffer, start, start + length)
      this.#part[this.#at++] = quote
    }
  }

  #quoted(buffer: Buffer, start: number, end: number): void {
    if (this.#nextQuote(buffer, start) >= end) return this.#copy(buffer, start, end)
    const part = this.#part
    let to = this.#at
    for (let i = start; i < end; i++) {
      const byte = buffer[i] ?? 0
      part[to++] = byte
      if (byte === quote) part[to++] = quote
    }
    this.#at = to
  }

  /** Many rows come in one buffer: it is searched once, and not for every value. */
  #nextQuote(buffer: Buffer, from: number): number {
    if (buffer !== this.#searched || from < this.#searchedFrom || from > this.#quoteAt) {
      const found = buffer.indexOf(quote, from)
      this.#searched = buffer
      this.#searchedFrom = from
      this.#quoteAt = found < 0 ? buffer.length : found
    }
    return this.#quoteAt
  }

  #copy(buffer: Buffer, start: number, end: number): void {
    if (end - start > shortBytes) {
      this.#at += buffer.copy(this.#part, this.#at, start, end)
      return
    }
    const part = this.#part
    let to = this.#at
    for (let i = start; i < end; i++) part[to++] = buffer[i] ?? 0
    this.#at = to
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#part.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#part.length + this.#least, this.#at + bytes))
    this.#part.copy(larger, 0, 0, this.#at)
    this.#part = larger
  }
}

/** The most bytes that a value takes. */
function roomOf(cell: Cell | undefined, bytes: number): number {
  if (bytes < 0 || cell === 'plain') return Math.max(0, bytes)
  return cell === 'base64' ? 4 * Math.ceil(bytes / 3) : 2 * bytes
}

/** The line of names. */
export function headerOf(names: readonly string[]): Buffer {
  return Buffer.from(`${names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')}\n`)
}
