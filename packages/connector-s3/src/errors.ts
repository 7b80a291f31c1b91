import { asRestituteError, RestituteError, throwIfInterrupted } from '@restitute/core'
import { regionMissing } from '@restitute/s3-client'
import { type Location, nameOf } from './location.ts'

/** What is used of an answer that is no success, whichever error class it came in. */
interface ServiceError {
  readonly name?: string
  readonly message?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
}

/** HTTP status of a failed request; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError | undefined)?.$metadata?.httpStatusCode
}

/** The service's own code for what went wrong (`NoSuchBucket`, …), or that of the system. */
export function codeOf(error: unknown): string {
  const { name, code } = (error ?? {}) as ServiceError & { code?: unknown }
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : (name ?? 'unknown error')
}

/** Whether the object, version or bucket is not there; a delete marker answers 405 or, on some services, 404. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404
}

const ofAccount: ReadonlySet<string> = new Set([
  'AccountProblem',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'UserSuspended',
])

/** Whether the service no longer takes whoever asks: that says nothing of what was asked for. */
export function isOfAccount(error: unknown): boolean {
  return ofAccount.has(codeOf(error))
}

/** Whether the client or the connection failed, and not our own code. */
export function isOfService(error: unknown): boolean {
  return error instanceof Error && ('$metadata' in error || /^E[A-Z]+$/.test(codeOf(error)))
}

/** Why something could not be read: the service's code and status, never a key. */
export function reasonOf(error: unknown): string {
  const status = statusOf(error)
  return status === undefined ? codeOf(error) : `${codeOf(error)} (HTTP ${status})`
}

/** `source-unreachable` for whatever stopped the attempt, unless it was interrupted. */
export function unreachable(location: Location, error: unknown, signal: AbortSignal): RestituteError {
  throwIfInterrupted(signal)
  if (error instanceof RestituteError) return error
  const missing = regionMissing(error, nameOf(location))
  if (missing) return missing
  const denied = statusOf(error) === 403
  return new RestituteError('source-unreachable', `${nameOf(location)}: ${reasonOf(error)}`, {
    cause: error,
    ...(denied && {
      hint: 'check the access key and its rights: docs/operator.en.md lists those that are needed',
    }),
  })
}

/** Aborted requests as `interrupted`, everything else as it is. */
export function orInterrupted(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted
    ? asRestituteError(Object.assign(new Error('aborted'), { name: 'AbortError' }))
    : error
}
