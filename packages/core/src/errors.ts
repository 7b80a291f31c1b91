/**
 * The one table of error codes. `exit` is the exit status of the command line (design §6); `retryable`
 * says whether the same attempt may succeed later without anybody changing anything.
 */
export const errorTable = {
  internal: { exit: 1, retryable: false },
  usage: { exit: 2, retryable: false },
  'contract-invalid': { exit: 2, retryable: false },
  'secret-in-clear': { exit: 2, retryable: false },
  'key-unfit': { exit: 2, retryable: false },
  'target-not-empty': { exit: 2, retryable: false },
  'country-refused': { exit: 2, retryable: false },
  invalid: { exit: 3, retryable: false },
  'document-invalid': { exit: 3, retryable: false },
  'signature-invalid': { exit: 3, retryable: false },
  'hostile-input': { exit: 3, retryable: false },
  'origin-unknown': { exit: 4, retryable: false },
  'newer-version': { exit: 4, retryable: false },
  'not-found': { exit: 4, retryable: false },
  'key-missing': { exit: 4, retryable: false },
  'key-wrong': { exit: 4, retryable: false },
  'passphrase-wrong': { exit: 4, retryable: false },
  'secret-missing': { exit: 4, retryable: false },
  'access-refused': { exit: 4, retryable: false },
  'host-key-wrong': { exit: 4, retryable: false },
  'source-unreachable': { exit: 4, retryable: true },
  'source-view-lost': { exit: 4, retryable: true },
  'source-empty': { exit: 1, retryable: false },
  'destination-unreachable': { exit: 4, retryable: true },
  'timestamp-failed': { exit: 4, retryable: true },
  'destination-full': { exit: 1, retryable: true },
  'destination-failed': { exit: 1, retryable: true },
  'restore-failed': { exit: 1, retryable: false },
  'compare-differs': { exit: 3, retryable: false },
  'destroy-failed': { exit: 1, retryable: true },
  'dossier-locked': { exit: 1, retryable: true },
  'worker-gone': { exit: 1, retryable: true },
  'package-unfinished': { exit: 1, retryable: true },
  incomplete: { exit: 5, retryable: false },
  'guard-refused': { exit: 6, retryable: false },
  interrupted: { exit: 130, retryable: true },
} as const

/** A code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable

/** Facts about an error, for `--json`. Never a secret, never patient data. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** What may come with an error beside its code and message. */
export interface ErrorOptions {
  readonly cause?: unknown
  /** What the reader can do about it: one sentence, lower case, no full stop. */
  readonly hint?: string
  readonly details?: ErrorDetails
}

/**
 * The only error class of the project. The message names the attempt and the object, and expected against
 * got where both are known: lower case, no full stop.
 */
export class RestituteError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RestituteError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }

  /** Exit status of a command that ends with this error. */
  get exit(): number {
    return errorTable[this.code].exit
  }

  /** Whether the same attempt may succeed later. */
  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}

/**
 * Any thrown value as a {@link RestituteError}; what is not one becomes `internal`, with its cause kept, unless a disk is full
 * (`destination-full`), no more files may be open (`worker-gone`) or the working folder is gone (`usage`). Where putting
 * away (`using`) failed, too, after a failure, both are said, with the code of the first.
 */
export function asRestituteError(thrown: unknown): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  if (thrown instanceof SuppressedError) {
    return both(asRestituteError(thrown.suppressed), asRestituteError(thrown.error), thrown)
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new RestituteError('interrupted', 'interrupted before the end', { cause: thrown })
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return ofMachine(thrown, message) ?? new RestituteError('internal', message, { cause: thrown })
}

/** What is no fault of the program wherever it happens. */
function ofMachine(thrown: unknown, message: string): RestituteError | undefined {
  if (isFull(thrown))
    return new RestituteError('destination-full', message, {
      cause: thrown,
      hint: 'make room where it writes, $TMPDIR and $SQLITE_TMPDIR too, then run it again',
    })
  if (['EMFILE', 'ENFILE'].includes(systemCode(thrown) ?? ''))
    return new RestituteError('worker-gone', message, { cause: thrown, hint: moreFilesHint })
  if (thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'uv_cwd')
    return new RestituteError('usage', 'the folder in which it was started is gone', {
      cause: thrown,
      hint: 'change to another folder, then run it again',
    })
  return undefined
}

/** What helps where the system lets a process, or all of them, open no more files. */
export const moreFilesHint =
  'let it open more files (ulimit -n, LimitNOFILE= of systemd, fs.file-max), then run it again'

const sqliteFull = 13

/** Whether a call failed for want of room on a disk, or in an account's quota; SQLite's, too. */
export function isFull(thrown: unknown): boolean {
  if (['ENOSPC', 'EDQUOT'].includes(systemCode(thrown) ?? '')) return true
  return thrown instanceof Error && 'errcode' in thrown && Number(thrown.errcode) % 256 === sqliteFull
}

/** What was left undone by the second may matter more than why the first failed: neither hides the other. */
function both(first: RestituteError, second: RestituteError, cause: unknown): RestituteError {
  if (first.message === second.message) return first
  const hint = [first.hint, second.hint].filter((one) => one !== undefined).join('; ')
  const message = `${first.message}; then ${second.message}`
  return new RestituteError(first.code, message, {
    cause,
    details: first.details,
    ...(hint === '' ? {} : { hint }),
  })
}

/** Errors of Linux for which Node has no name: "Unknown system error -122". */
const unnamed: Readonly<Record<string, string>> = {
  74: 'EBADMSG',
  116: 'ESTALE',
  117: 'EUCLEAN',
  122: 'EDQUOT',
  123: 'ENOMEDIUM',
  126: 'ENOKEY',
}

/** The system's code of a failed call (`ENOENT`, `ENOSPC`, …), when there is one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  if (typeof thrown.code !== 'string') return undefined
  const number = /^Unknown system error -(\d+)$/.exec(thrown.code)?.[1]
  return unnamed[number ?? ''] ?? thrown.code
}
