import { type ErrorCode, RestituteError } from '@restitute/core'
import { firstLine } from './text.ts'

/** What mysql2 throws: the server's error, or the connection's. */
export interface ServerError extends Error {
  readonly code?: string
  /** The server's number; absent when the connection failed. */
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

const hints: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'give the account of the url, and its password as secret of the source',
  ER_DBACCESS_DENIED_ERROR: 'grant the rights that the operator guide lists',
  ER_TABLEACCESS_DENIED_ERROR: 'grant the rights that the operator guide lists',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'grant the rights that the operator guide lists',
  ER_NOT_ALLOWED_COMMAND: 'SET GLOBAL local_infile=1 on the target, until the restoration has ended',
  ER_LOCK_WAIT_TIMEOUT: 'another session holds a lock: try again when it has ended',
  ER_STATEMENT_TIMEOUT: 'the statement took longer than its limit: try again when the server is less busy',
}

/** Whether it came from the server or the connection to it. */
export function isServerError(thrown: unknown): thrown is ServerError {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    !(thrown instanceof RestituteError)
  )
}

/** Whether the session is gone, and its view with it. */
export function isLost(thrown: unknown): boolean {
  return (
    isServerError(thrown) && (lost.has(thrown.code ?? '') || ('fatal' in thrown && thrown.fatal === true))
  )
}

/** The server's reason in one line, without the values that it may quote. */
export function reasonOf(thrown: unknown): string {
  if (!isServerError(thrown)) return thrown instanceof Error ? firstLine(thrown.message) : 'failed'
  const text = firstLine(thrown.message).replace(/'[^']*'?/g, "'…'")
  return thrown.errno === undefined || thrown.errno < 0 ? (thrown.code ?? text) : `${text} (${thrown.errno})`
}

/** A failed attempt as an error of ours; one of ours stays as it is. */
export function failed(code: ErrorCode, attempt: string, thrown: unknown): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const hint = isServerError(thrown) ? hints[thrown.code ?? ''] : undefined
  return new RestituteError(code, `${attempt}: ${reasonOf(thrown)}`, {
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
  })
}
