import { setTimeout as sleep } from 'node:timers/promises'
import { asRestituteError, RestituteError, throwIfInterrupted } from '@restitute/core'
import type { Attributes } from 'ssh2'
import type { Session } from './connect.ts'
import { type Connection, call } from './connection.ts'
import { sftpError } from './errors.ts'
import { pathOf } from './paths.ts'

const pieceBytes = 64 * 1024
/** Requests on their way, so that the time to the server and back does not count: 2 MiB. */
const mostWaiting = 32
const retries = 5
const firstPauseMs = 200

/**
 * Streams a file from an offset. A connection that breaks is gone on with from where it broke; after five breaks in a
 * row without a byte between them it throws. Throws `destination-failed` when the file ends before the size it had.
 */
export async function* readFile(
  connection: Connection,
  name: string,
  { offset = 0, signal }: { offset?: number; signal?: AbortSignal },
): AsyncIterable<Uint8Array> {
  const at = { next: offset, breaks: 0 }
  for (;;) {
    throwIfInterrupted(signal)
    try {
      yield* piecesFrom(connection, name, at, signal)
      return
    } catch (thrown) {
      if (signal?.aborted) throw asRestituteError(thrown)
      const error = sftpError(thrown, `reading ${name}`)
      if (error.code !== 'destination-unreachable' || ++at.breaks > retries) throw error
      await sleep(firstPauseMs * 2 ** at.breaks, undefined, signal && { signal })
    }
  }
}

async function* piecesFrom(
  connection: Connection,
  name: string,
  at: { next: number; breaks: number },
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const { session, handle, size } = await openFile(connection, name)
  const waiting: Promise<Buffer>[] = []
  let asked = at.next
  try {
    while (at.next < size) {
      throwIfInterrupted(signal)
      for (; waiting.length < mostWaiting && asked < size; asked += pieceBytes) {
        const [from, bytes] = [asked, Math.min(pieceBytes, size - asked)]
        const piece = connection.within(session, `reading ${name}`, () =>
          readPiece(session, handle, from, bytes),
        )
        // Said when its turn comes.
        piece.catch(() => {})
        waiting.push(piece)
      }
      const piece = (await waiting.shift()) ?? Buffer.alloc(0)
      if (piece.length === 0) throw tooShort(name, size, at.next)
      at.next += piece.length
      at.breaks = 0
      yield piece
    }
  } finally {
    await Promise.allSettled(waiting)
    await connection
      .within(session, `closing ${name}`, () =>
        call(session, (answer) => session.sftp.close(handle, answer as never)),
      )
      .catch(() => {})
  }
}

async function openFile(
  connection: Connection,
  name: string,
): Promise<{ session: Session; handle: Buffer; size: number }> {
  const path = pathOf(connection, name)
  return connection.use(`opening ${name}`, async (session) => {
    const handle = await call<Buffer>(session, (answer) => session.sftp.open(path, 'r', answer as never))
    const { size } = await call<Attributes>(session, (answer) => session.sftp.fstat(handle, answer as never))
    return { session, handle, size }
  })
}

/** A server may answer with less than was asked for; with nothing at the end only. */
async function readPiece(session: Session, handle: Buffer, from: number, bytes: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafeSlow(bytes)
  let filled = 0
  while (filled < bytes) {
    const read = await readOnce(session, handle, piece.subarray(filled), from + filled)
    if (read === 0) break
    filled += read
  }
  return piece.subarray(0, filled)
}

function readOnce(session: Session, handle: Buffer, into: Buffer, from: number): Promise<number> {
  return call<number>(session, (answer) => {
    session.sftp.read(handle, into, 0, into.length, from, (error, read) => answer(atEnd(error), read ?? 0))
  })
}

function atEnd(error: Error | undefined): Error | undefined {
  return error !== undefined && error !== null && 'code' in error && error.code === 1 ? undefined : error
}

function tooShort(name: string, expected: number, got: number): RestituteError {
  return new RestituteError('destination-failed', `reading ${name}: expected ${expected} bytes, got ${got}`)
}
