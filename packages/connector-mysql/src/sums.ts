import { together } from '@restitute/core'
import { rowBytes, rowDigest } from './columns.ts'
import { lossOf } from './errors.ts'
import type { RowSink } from './reading.ts'
import { RowSum } from './row-sum.ts'
import { hasRows, isInView, sourceOf, type Table } from './schema.ts'
import type { Session } from './session.ts'
import { type Slice, spans, whereOf } from './slices.ts'

/** What the rows of a table come to, or why they cannot be read. */
export type Summed = RowSum | { readonly lost: string }

/** A table, or a stretch of one. */
interface Piece {
  readonly table: Table
  readonly bytes: number
  readonly slice?: Slice
}

const pieceBytes = 64 * 1024 ** 2
const mostPieces = 64

/**
 * What the rows of the tables come to now, by name. All sessions work at once, in one moment each or in the same one; a
 * large table is cut, so that none of them waits for another. Throws what is no fault of a table.
 */
export async function sumsOf(
  sessions: readonly Session[],
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Summed>> {
  const sums = new Map<string, Summed>(tables.map(({ name }) => [name, new RowSum()]))
  const pieces = await piecesOf(sessions, tables.filter(hasRows), signal)
  const work = async (session: Session, joint: AbortSignal): Promise<void> => {
    for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
      const { name } = piece.table
      const sum = sums.get(name)
      const lost = sum instanceof RowSum ? await lossIn(session, sum, piece, joint) : undefined
      if (lost !== undefined) sums.set(name, { lost })
    }
  }
  await together(
    signal,
    sessions.map((session) => (joint) => work(session, joint)),
  )
  return sums
}

/** The largest first, so that all sessions end at about the same time. */
async function piecesOf(
  sessions: readonly Session[],
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (const table of tables) {
    const { bytes } = table.estimate
    const [session, other] = sessions
    const slices = session && other && isInView(table) ? await slicesOf(session, table, signal) : []
    for (const slice of slices) pieces.push({ table, slice, bytes: bytes / slices.length })
    if (slices.length === 0) pieces.push({ table, bytes })
  }
  return pieces.sort((a, b) => b.bytes - a.bytes)
}

/** None of a small table, nor of one that cannot be read: reading it will tell why. */
async function slicesOf(session: Session, table: Table, signal: AbortSignal): Promise<readonly Slice[]> {
  const number = Math.min(Math.ceil(table.estimate.bytes / pieceBytes), mostPieces)
  if (number < 2) return []
  try {
    return await spans(session, table, number, signal)
  } catch (error) {
    lossOf(error)
    return []
  }
}

/** Adds the rows of one piece, or tells why they cannot be read. */
async function lossIn(
  session: Session,
  sum: RowSum,
  piece: Piece,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await addRows(session, sum, piece, signal)
    return undefined
  } catch (error) {
    return lossOf(error)
  }
}

async function addRows(
  session: Session,
  sum: RowSum,
  { table, slice }: Piece,
  signal: AbortSignal,
): Promise<void> {
  const sink: RowSink = {
    take({ buffer, offset }) {
      sum.addMeasured(buffer, offset + 1)
      return false
    },
  }
  const range = slice ? ` FORCE INDEX (PRIMARY)${whereOf(table, slice)}` : ''
  await using reading = session.read(
    `SELECT ${rowDigest(table)},${rowBytes(table)} FROM ${sourceOf(table)}${range}`,
    sink,
    signal,
  )
  while (await reading.next());
}
