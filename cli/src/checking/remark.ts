import { asRestituteError, type ErrorCode, errorTable } from '@restitute/core'

/** One thing that `check` found. `exit` is the status it calls for; warnings and what is well call for none. */
export interface Remark {
  readonly about: string
  readonly message: string
  readonly exit: number
  readonly severity: 'ok' | 'warning' | 'problem'
  /** Of the error that a command would end with. */
  readonly code?: ErrorCode
}

/** What is well. */
export const ok = (about: string, message: string): Remark => ({ about, message, exit: 0, severity: 'ok' })
/** What is to be known, and stops nothing. */
export const warning = (about: string, message: string): Remark => ({
  about,
  message,
  exit: 0,
  severity: 'warning',
})
/** What a command would end with. */
export const problem = (about: string, message: string, code: ErrorCode): Remark => ({
  about,
  message,
  exit: errorTable[code].exit,
  severity: 'problem',
  code,
})

/** {@link problem} as an error tells it. */
export function problemOf(about: string, thrown: unknown): Remark {
  const { message, code } = asRestituteError(thrown)
  return problem(about, message, code)
}
