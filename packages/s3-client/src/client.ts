import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { type Agents, agentsFor } from './agents.ts'
import { utf8Headers } from './header-text.ts'
import type { S3Location } from './location.ts'

const connectionTimeout = 10_000
/** A service that is full or overloaded may just stand still. */
export const idleTimeout = 60_000
const attempts = 6

/**
 * A client for a location. `secret`: `<access key>:<secret key>`, for temporary credentials a session token as third
 * part; without one the environment decides as for other programs of Amazon's SDKs. Slow-downs, server errors and broken
 * connections are tried again by the client itself, with growing pauses. Throws `secret-missing`, `usage`.
 */
export function clientOf(
  location: S3Location,
  secret: string | undefined,
  agents: Agents = agentsFor(location),
): S3Client {
  const { endpoint, region, pathStyle } = location
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint, region: 'us-east-1' }),
    ...(region !== undefined && { region }),
    ...(secret !== undefined && { credentials: credentialsOf(secret) }),
    forcePathStyle: pathStyle,
    // Not every service takes the trailers that the client would add, or gives checksums that it could verify.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: attempts,
    requestHandler: { connectionTimeout, socketTimeout: idleTimeout, ...agents },
  })
  client.middlewareStack.add(utf8Headers, { step: 'finalizeRequest', priority: 'low', name: 'utf8Headers' })
  return client
}

/** The access key alone, with all but its end hidden: to say as whom one looked. */
export function shownKey(secret: string | undefined): string {
  const [access = ''] = (secret ?? '').split(':')
  if (secret === undefined) return 'credentials of the environment'
  return access.length < 12 ? `access key ${access}` : `access key …${access.slice(-4)}`
}

function credentialsOf(secret: string): NonNullable<S3ClientConfig['credentials']> {
  const [accessKeyId, secretAccessKey, sessionToken] = secret.trim().split(':')
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  }
  throw new RestituteError('secret-missing', 's3: expected <access key>:<secret key> behind the reference', {
    hint: 'the access key, a colon, the secret key; for temporary credentials a colon and the session token',
  })
}
