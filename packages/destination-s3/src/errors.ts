import { type ErrorCode, RestituteError, systemCode } from '@restitute/core'
import { regionMissing } from '@restitute/s3-client'

const codes: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'not-found',
  NotFound: 'not-found',
  NoSuchBucket: 'destination-unreachable',
  PermanentRedirect: 'usage',
  AuthorizationHeaderMalformed: 'usage',
  AccessDenied: 'access-refused',
  AllAccessDisabled: 'access-refused',
  AccountProblem: 'access-refused',
  ExpiredToken: 'access-refused',
  Forbidden: 'access-refused',
  InvalidAccessKeyId: 'access-refused',
  InvalidToken: 'access-refused',
  SignatureDoesNotMatch: 'access-refused',
  RequestTimeTooSkewed: 'access-refused',
  CredentialsProviderError: 'secret-missing',
  QuotaExceeded: 'destination-full',
  InsufficientCapacity: 'destination-full',
  InsufficientStorage: 'destination-full',
  XMinioStorageFull: 'destination-full',
  AbortError: 'interrupted',
}

const hints: Readonly<Record<string, string>> = {
  NoSuchBucket: 'make the bucket, or correct the URL: restitute makes none',
  PermanentRedirect: 'the bucket is elsewhere: name its region or endpoint in the URL',
  AuthorizationHeaderMalformed: 'the service expects another region: name it in the URL',
  AccessDenied: "the account lacks a right: the operator's guide lists those it needs",
  ExpiredToken: 'the temporary credentials have expired: get new ones',
  InvalidAccessKeyId: 'the service does not know this access key: look at what the secret refers to',
  SignatureDoesNotMatch: 'the secret key is wrong: look at what the secret refers to',
  RequestTimeTooSkewed: "this machine's clock is wrong",
  CredentialsProviderError:
    'give the destination a secret: env:NAME whose value is <access key>:<secret key>',
  QuotaExceeded: 'raise the quota or free space there, then run the same command again',
}

/** A failed request as an error of this destination; `attempt` says what was tried on what. */
export function s3Error(thrown: unknown, attempt: string): RestituteError {
  if (thrown instanceof RestituteError) return thrown
  const missing = regionMissing(thrown, attempt)
  if (missing) return missing
  const { name, status } = factsOf(thrown)
  const code = codeOf(name, status)
  const hint = hints[name]
  const said = systemCode(thrown) ?? name
  return new RestituteError(code, `${attempt}: ${said}${status === undefined ? '' : ` (${status})`}`, {
    cause: thrown,
    ...(hint !== undefined && { hint }),
  })
}

/** Runs a request; what it throws becomes an {@link s3Error}. */
export async function attempting<T>(attempt: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (thrown) {
    throw s3Error(thrown, attempt)
  }
}

/** The service's own name of an error, for instance `NoSuchUpload`. */
export function nameOf(thrown: unknown): string {
  return factsOf(thrown).name
}

function codeOf(name: string, status: number | undefined): ErrorCode {
  const known = codes[name]
  if (known !== undefined) return known
  if (status === 507) return 'destination-full'
  if (status === 401 || status === 403) return 'access-refused'
  // No answer at all, or one that says "not now", after all attempts.
  if (status === undefined || status === 429 || status >= 500) return 'destination-unreachable'
  return 'destination-failed'
}

function factsOf(thrown: unknown): { name: string; status?: number } {
  if (!(thrown instanceof Error)) return { name: 'failed' }
  const status = '$metadata' in thrown ? statusIn(thrown.$metadata) : undefined
  return { name: thrown.name, ...(status !== undefined && { status }) }
}

function statusIn(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
