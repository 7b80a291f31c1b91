import { type ErrorCode, RestituteError, systemCode } from '@restitute/core'

/** What the server says of an error: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export interface ServerError extends Error {
  /** SQLSTATE. */
  readonly code: string
  readonly detail?: string
  /** Name of the constraint that is not met. */
  readonly constraint?: string
  /** Character in the statement, from 1. */
  readonly position?: string
}

/** Whether it came from the server, and not from the way to it. */
export function isServerError(thrown: unknown): thrown is ServerError {
  return thrown instanceof Error && 'severity' in thrown && /^[0-9A-Z]{5}$/.test(systemCode(thrown) ?? '')
}

/** Whether it passes when it is tried again: then it is no loss of what was asked for. */
export function isPassing({ code }: { readonly code: string }): boolean {
  return code === '57014' || code === '55P03' || code === '40001' || code.startsWith('53')
}

/** Why the server cannot give something out, for the loss report; what came from elsewhere, or passes, is thrown again. */
export function lossOf(error: unknown): string {
  if (!isServerError(error) || isPassing(error)) throw error
  return reasonOf(error)
}

const hints: Readonly<Record<string, string>> = {
  '28P01': 'the server refuses the secret',
  '28000': 'the server does not let this role in: see pg_hba.conf',
  '3D000': 'there is no such database',
  '42501': 'give the reading role the rights of the guide',
  '53300': 'the server has no connection left: raise max_connections, or lower workers',
  '53200':
    'raise max_locks_per_transaction, to twice the number of tables divided by max_connections: each is locked against being dropped, by the view and by pg_dump',
  '55P03':
    'somebody holds a table for himself, or waits until the view lets go of one that he alters, and all others wait behind him: end his session, and run it again',
  '57P03': 'the server is starting or stopping: try again later',
  '57014': 'the statement took longer than statement_timeout in the source url allows',
  '22P05':
    'the encoding of the database allows such a byte, and no other one has it: find the text (a row, a comment, the body of a function) and mend it',
  '2BP01': 'it owns or may use something in another database too: it does not belong to this one alone',
  '40001': 'the standby had to go on: pause its replay (SELECT pg_wal_replay_pause()) for the export',
}

/** What helps against an error that pg_dump tells in words. */
export function hintOfDump(complaint: string): { hint?: string } {
  const hint = complaint.includes('out of shared memory') ? hints['53200'] : undefined
  return hint === undefined ? {} : { hint }
}

const restoreHints: typeof hints = {
  ...hints,
  '22023':
    'a setting of the database or of a role is none that this server takes: install what it names there (a locale), or take it off at the source',
  '23514':
    'a check that looks at other tables or at the clock cannot be met while rows are loaded: make it a trigger at the source',
  '23503':
    'rows of the source lead to ones that are not there, which were loaded past this foreign key: mend them at the source, or drop it',
  '23505':
    'the index of this at the source is damaged, for it let rows with the same key in: mend them there, and REINDEX',
  42723:
    'an extension makes it, which it was taken out of at the source (ALTER EXTENSION … DROP): put it back there (… ADD), or drop it, and export again',
  55006: 'somebody is connected to it: end that session, and run it again',
  42501: 'be a superuser, or a member of every role that owns something there and is here already',
}

// The server ends the session, or is not there to answer.
const gone = ['57P01', '57P02', '57P03', '57P05', '25P03', '08000', '08003', '08006']

/** Whether the session cannot be used any more. */
export function isConnectionLoss(thrown: unknown): boolean {
  if (isServerError(thrown)) return gone.includes(thrown.code)
  return thrown instanceof Error && !(thrown instanceof RestituteError)
}

/** What a failed attempt means; messages hold the server's text only where it cannot quote a value. */
export function failure(
  attempt: string,
  thrown: unknown,
  code: ErrorCode = 'source-unreachable',
): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const known = code === 'restore-failed' ? restoreHints : hints
  const hint = isServerError(thrown) ? known[thrown.code] : 'is the server up, and reachable from here'
  return new RestituteError(code, `${attempt}: ${reasonOf(thrown)}`, {
    cause: thrown,
    ...(hint === undefined ? {} : { hint }),
    ...(isServerError(thrown) ? { details: { sqlstate: thrown.code } } : {}),
  })
}

/** What a number alone would leave to be looked up, about rows: the server's own text may name files and indexes. */
const meanings: Readonly<Record<string, string>> = {
  XX001: 'pages of it are damaged on the disk of the server',
  XX002: 'an index of it is damaged: REINDEX',
  '22P05': 'a text holds a byte for which its encoding has no character',
}

// What the server can allocate at once, for a row and for its text: https://www.postgresql.org/docs/current/limits.html
const tooLong = /^(invalid memory alloc request size|out of memory|string buffer exceeds)/

function meaningOf({ code, message }: ServerError): string | undefined {
  const limit = (code === 'XX000' || code === '54000') && tooLong.test(message)
  return limit ? 'a row of it is too long for the server to give it out: 1 GB as text' : meanings[code]
}

// It names a setting and its value, and a locale that is not there.
const ofSetting = /^invalid value for parameter "/

// Rights, missing objects and features, timeouts, the state of the server: none of these texts quotes data.
const quotable = /^(0A|28|3D|3F|42|53|54|55|57|58|25|40)/

/** Reason in one line, without a value of the database. */
export function reasonOf(thrown: unknown): string {
  if (isServerError(thrown)) {
    const meaning = meaningOf(thrown)
    if (meaning !== undefined) return `${meaning} (${thrown.code})`
    return quotable.test(thrown.code) || (thrown.code === '22023' && ofSetting.test(thrown.message))
      ? `${firstLine(thrown.message)} (${thrown.code})`
      : `SQLSTATE ${thrown.code}${thrown.constraint === undefined ? '' : `, constraint ${thrown.constraint}`}`
  }
  const system = systemCode(thrown)
  if (system !== undefined) return system
  return thrown instanceof Error ? firstLine(thrown.message) : 'failed'
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.trim() ?? ''
}
