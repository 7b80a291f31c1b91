import { type ErrorCode, RestituteError } from '@restitute/core'
import { firstLine } from './text.ts'

/** What mysql2 throws: the server's error, or the connection's. */
export interface ServerError extends Error {
  /** The name of the number, where mysql2 knows it: MariaDB's own it does not. */
  readonly code?: string
  /** The server's number; absent or negative when the connection failed. */
  readonly errno?: number
}

/** The session is gone: server stopped, network cut, killed. */
const lost = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_NET_READ_INTERRUPTED',
  'ER_NET_ERROR_ON_WRITE',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
])

const rights = 'grant the rights that the operator guide lists'
const trusted = 'SET GLOBAL log_bin_trust_function_creators=1 on the target, until the restoration has ended'
const tooLong = 'the statement took longer than statement_timeout in the source url allows'

const hints: Readonly<Record<number, string>> = {
  1044: rights,
  1045: 'give the account of the url, and its password as secret of the source',
  1142: rights,
  1148: 'SET GLOBAL local_infile=1 on the target, until the restoration has ended',
  1205: 'another session holds a lock: try again when it has ended',
  1226: 'the account may ask no more for now: lift its limits (ALTER USER … WITH MAX_QUERIES_PER_HOUR 0), or run it again in an hour',
  1227: rights,
  1242: 'a value is longer than the server takes: SET GLOBAL max_allowed_packet to more, and run it again',
  1298: 'load the time zones into the target: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql',
  1317: 'somebody ended the statement (KILL QUERY): run it again',
  1418: trusted,
  1419: trusted,
  1665: 'SET GLOBAL binlog_format=MIXED on the target, until the restoration has ended: it cannot log a sequence as a statement',
  1969: tooLong,
  3024: tooLong,
  3185: 'its tables are encrypted at rest: give the target a keyring, too, and run it again',
  3948: 'SET GLOBAL local_infile=1 on the target, until the restoration has ended',
}

const codeHints: Readonly<Record<string, string>> = {
  // Whatever it was: mysql2 leaves no other code.
  HANDSHAKE_SSL_ERROR:
    "the server's certificate is for another host, or by an authority that is not known here: name the host in the url as it does, or its authority by ca=/file.pem",
}

/**
 * What says nothing of the table that was asked for: no memory or room on the server, a lock, a deadlock, a statement that
 * was ended or took too long, or one too many of an account's. Nothing is lost by it: the attempt failed.
 */
const passing = new Set([1021, 1037, 1038, 1041, 1205, 1213, 1226, 1317, 1969, 3024])

/** Whether it came from the server or the connection to it. */
export function isServerError(thrown: unknown): thrown is ServerError {
  if (!(thrown instanceof Error) || thrown instanceof RestituteError) return false
  return ('code' in thrown && typeof thrown.code === 'string') || numberOf(thrown) !== undefined
}

/** Whether the session is gone, and its view with it. */
export function isLost(thrown: unknown): boolean {
  return (
    isServerError(thrown) && (lost.has(thrown.code ?? '') || ('fatal' in thrown && thrown.fatal === true))
  )
}

/** Whether the attempt failed, and not the one thing that was asked for: it is no loss, but an error. */
export function isFailure(thrown: unknown): boolean {
  if (!isServerError(thrown)) return thrown instanceof RestituteError
  return isLost(thrown) || passing.has(numberOf(thrown) ?? 0)
}

/** Whether the statement is refused in a transaction that only reads. */
export function isReadOnly(thrown: unknown): boolean {
  return isServerError(thrown) && numberOf(thrown) === 1792
}

function numberOf(thrown: Error): number | undefined {
  return 'errno' in thrown && typeof thrown.errno === 'number' && thrown.errno > 0 ? thrown.errno : undefined
}

/** The server's reason in one line, without the values that it may quote. */
export function reasonOf(thrown: unknown): string {
  if (!isServerError(thrown)) return thrown instanceof Error ? firstLine(thrown.message) : 'failed'
  const text = firstLine(thrown.message).replace(/'[^']*'?/g, "'…'")
  return thrown.errno === undefined || thrown.errno < 0 ? (thrown.code ?? text) : `${text} (${thrown.errno})`
}

/** The server's reason in one line; what is no fault of the table is thrown again. */
export function lossOf(error: unknown): string {
  if (!isServerError(error) || isFailure(error)) throw error
  return `unreadable: ${reasonOf(error)}`
}

/** A failed attempt as an error of ours; one of ours stays as it is. */
export function failed(code: ErrorCode, attempt: string, thrown: unknown): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const hint = isServerError(thrown)
    ? (hints[numberOf(thrown) ?? 0] ?? codeHints[thrown.code ?? ''])
    : undefined
  return new RestituteError(code, `${attempt}: ${reasonOf(thrown)}`, {
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  })
}
