import { type Passage, together } from '@restitute/core'
import { rowBytes, rowDigest } from './columns.ts'
import { lossOf } from './errors.ts'
import { type Stretch, spans } from './key-slices.ts'
import type { RowSink } from './reading.ts'
import { RowSum } from './row-sum.ts'
import { hasRows, isInView, sourceOf, type Table } from './schema.ts'
import type { Session } from './session.ts'
import { type Slice, whereOf } from './slices.ts'

/** What the rows of a table come to. */
export interface TableSum {
  readonly rows: RowSum
  /** The stretches of its key in which it was read, by their numbers; none of a small table. */
  readonly stretches: readonly Stretch[]
}

/** Or why they cannot be read. */
export type Summed = TableSum | { readonly lost: string }

/** A table, or a stretch of one. */
interface Piece {
  readonly table: Table
  readonly bytes: number
  readonly slice?: Slice
}

/** What is known of a table so far. */
interface Found {
  readonly rows: RowSum
  readonly stretches: Stretch[]
  lost?: string
}

const pieceBytes = 64 * 1024 ** 2
const mostPieces = 4096

/**
 * What the rows of the tables come to now, by name. All sessions work at once, in one moment each or in the same one; a
 * large table is cut, so that none of them waits for another. Throws what is no fault of a table.
 */
export async function sumsOf(
  sessions: readonly Session[],
  tables: readonly Table[],
  signal: AbortSignal,
  passage?: Passage,
): Promise<ReadonlyMap<string, Summed>> {
  const all = new Map<string, Found>(tables.map(({ name }) => [name, { rows: new RowSum(), stretches: [] }]))
  const pieces = await piecesOf(sessions[0], tables.filter(hasRows), signal)
  const work = async (session: Session, joint: AbortSignal): Promise<void> => {
    for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
      await passage?.()
      const found = all.get(piece.table.name)
      if (found && found.lost === undefined) await addPiece(session, found, piece, joint)
    }
  }
  await together(
    signal,
    sessions.map((session) => (joint) => work(session, joint)),
  )
  return new Map([...all].map(([name, found]) => [name, summed(found)]))
}

function summed({ rows, stretches, lost }: Found): Summed {
  return lost === undefined ? { rows, stretches: stretches.sort((a, b) => a.number - b.number) } : { lost }
}

/** The largest first, so that all sessions end at about the same time. */
async function piecesOf(
  session: Session | undefined,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (const table of tables) {
    const { bytes } = table.estimate
    const slices = session && isInView(table) ? await slicesOf(session, table, signal) : []
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

/** Adds the rows of one piece, or why they cannot be read. */
async function addPiece(session: Session, found: Found, piece: Piece, signal: AbortSignal): Promise<void> {
  try {
    const sum = await sumOf(session, piece, signal)
    found.rows.include(sum)
    if (piece.slice) found.stretches.push({ ...piece.slice, rows: sum.count, bytes: sum.bytes })
  } catch (error) {
    found.lost = lossOf(error)
  }
}

async function sumOf(session: Session, { table, slice }: Piece, signal: AbortSignal): Promise<RowSum> {
  const sum = new RowSum()
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
  return sum
}
