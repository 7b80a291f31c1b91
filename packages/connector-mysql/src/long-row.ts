import { RestituteError } from '@restitute/core'
import { isFree } from './columns.ts'
import type { Cell } from './csv-encoder.ts'
import type { Row } from './packets.ts'
import { type Column, sourceOf, type Table } from './schema.ts'
import type { Session } from './session.ts'
import type { ReadColumn } from './table-plan.ts'
import { quoteName } from './text.ts'

// A multiple of 3, so that base64 of the chunks joins.
const chunkBytes = 3 * 256 * 1024
const quote = Buffer.from('"')

/** A row that was not read for its length. */
export interface Unread {
  /** What it is found by. */
  readonly condition: string
  /** Of each column the value; of one that may be large, the number of its bytes, in digits. */
  readonly values: Row
}

/** Whether a value of this column may be as large as a row. */
export function isLarge({ form, type }: Column): boolean {
  return isFree(form) && !/^vector/.test(type)
}

/** The bytes as which a value is sent. */
export function bytesOf({ column, cell, select }: ReadColumn): string {
  if (cell === 'base64') return select
  return `CONVERT(CONVERT(${quoteName(column.name)} USING utf8mb4) USING binary)`
}

/** One row as CSV. */
export interface LongRow {
  /** Bytes. */
  readonly size: number
  /** Asks the server piece by piece; the session does nothing else meanwhile. */
  content(): AsyncIterable<Buffer>
}

/** A value as it is written. */
interface Written {
  readonly size: number
  readonly pieces: Iterable<Buffer> | AsyncIterable<Buffer>
}

/** Gives bytes of a value in the row. */
interface Ask {
  /** A multiple of 3, so that base64 of the pieces joins. */
  readonly pieceBytes: number
  piece(value: string, from: number): Promise<Buffer | null | undefined>
}

/**
 * A row as it is to be written; of texts the quotes are counted at once, all else is asked for when its content is read, in pieces of three
 * parts: for each the server reads the whole value.
 */
export async function longRowOf(
  session: Session,
  table: Table,
  columns: readonly ReadColumn[],
  o: { readonly unread: Unread; readonly partBytes: number },
  signal: AbortSignal,
): Promise<LongRow> {
  const { condition, values } = o.unread
  const from = `FROM ${sourceOf(table)} FORCE INDEX (PRIMARY) WHERE ${condition}`
  const pieceBytes = 3 * o.partBytes
  const ask: Ask = {
    pieceBytes,
    async piece(value, at) {
      const rows = await session.rows(`SELECT SUBSTRING(${value},${at + 1},${pieceBytes}) ${from}`, signal)
      if (rows.length !== 1) throw notOne(rows.length)
      return rows[0]?.[0]
    },
  }
  const written: Written[] = []
  for (const [i, one] of columns.entries()) written.push(await writtenOf(one, values[i], ask))
  const size = written.reduce((sum, value) => sum + value.size + 1, 0)
  return { size, content: () => lineOf(written) }
}

function notOne(rows: number): RestituteError {
  return new RestituteError('internal', `read a long row by its key: expected one row, got ${rows}`)
}

async function writtenOf(one: ReadColumn, value: Row[number] | undefined, ask: Ask): Promise<Written> {
  if (value === null || value === undefined) return inHand(Buffer.from('NULL'))
  if (!isLarge(one.column)) return inHand(enclosed(one.cell, encoded(one.cell, value)))
  const bytes = Number(value)
  const pieces = enclosedPieces(one, bytes, ask)
  if (one.cell === 'base64') return { size: 4 * Math.ceil(bytes / 3), pieces }
  return { size: bytes + (await quotesIn(one, bytes, ask)) + 2, pieces }
}

function inHand(bytes: Buffer): Written {
  return { size: bytes.length, pieces: [bytes] }
}

/** Not by the server: for each quote that REPLACE leaves out MariaDB moves all that follows. */
async function quotesIn(one: ReadColumn, bytes: number, ask: Ask): Promise<number> {
  let quotes = 0
  for await (const piece of piecesOf(one, bytes, ask))
    quotes += encoded('quoted', piece).length - piece.length
  return quotes
}

async function* enclosedPieces(one: ReadColumn, bytes: number, ask: Ask): AsyncIterable<Buffer> {
  if (one.cell === 'quoted') yield quote
  for await (const piece of piecesOf(one, bytes, ask)) {
    for (let at = 0; at < piece.length; at += chunkBytes)
      yield encoded(one.cell, piece.subarray(at, at + chunkBytes))
  }
  if (one.cell === 'quoted') yield quote
}

async function* piecesOf(one: ReadColumn, bytes: number, ask: Ask): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes; at += ask.pieceBytes) {
    const piece = await ask.piece(bytesOf(one), at)
    if (piece) yield piece
  }
}

function enclosed(cell: Cell, bytes: Buffer): Buffer {
  return cell === 'quoted' ? Buffer.concat([quote, bytes, quote]) : bytes
}

function encoded(cell: Cell, value: Buffer): Buffer {
  if (cell === 'base64') return Buffer.from(value.toString('base64'), 'latin1')
  if (cell === 'plain' || !value.includes(quote)) return value
  return Buffer.from(value.toString('latin1').replaceAll('"', '""'), 'latin1')
}

async function* lineOf(values: readonly Written[]): AsyncIterable<Buffer> {
  for (const [i, { pieces }] of values.entries()) {
    if (i > 0) yield Buffer.from(',')
    yield* pieces
  }
  yield Buffer.from('\n')
}
