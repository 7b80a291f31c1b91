import { asRestituteError, RestituteError } from '@restitute/core'
import type { SentError } from './protocol.ts'

/** An error as it can travel between threads. */
export function sendable(thrown: unknown): SentError {
  const { code, message, hint, details, cause } = asRestituteError(thrown)
  return {
    code,
    message,
    details,
    ...(hint !== undefined && { hint }),
    ...(cause instanceof Error && { cause: cause.stack ?? cause.message }),
  }
}

/** The error that travelled. */
export function received(sent: SentError): RestituteError {
  const { code, message, hint, details, cause } = sent
  return new RestituteError(code, message, {
    details,
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  })
}
