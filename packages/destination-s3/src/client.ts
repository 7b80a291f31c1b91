import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import type { Location } from './location.ts'

const connectionTimeout = 10_000
// A service that is full or overloaded may just stand still.
const idleTimeout = 60_000
const attempts = 6

/**
 * A client for a location. `secret`: `<access key>:<secret key>`, a session token as third part; without one the
 * environment decides, as for other programs of Amazon's SDKs (variables, profile, role of the machine). Slow-downs,
 * server errors and broken connections are tried again by the client itself. Throws `secret-missing`.
 */
export function clientOf(location: Location, secret: string | undefined): S3Client {
  const { endpoint, region, pathStyle } = location
  return new S3Client({
    ...(endpoint !== undefined && { endpoint, region: 'us-east-1' }),
    ...(region !== undefined && { region }),
    ...(secret !== undefined && { credentials: credentialsOf(secret) }),
    forcePathStyle: pathStyle,
    // Not every service takes the trailers that the client would add: what we ask for is sent as a header.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: attempts,
    requestHandler: { connectionTimeout, socketTimeout: idleTimeout, ...agents() },
  })
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

/** Proxies as everywhere in Node: only when it is told to honour the environment. */
function agents(): { httpAgent: object; httpsAgent: object } {
  const proxies = process.env['NODE_USE_ENV_PROXY'] === '1' ? { proxyEnv: process.env } : {}
  const options = { keepAlive: true, maxSockets: 50, ...proxies }
  return { httpAgent: options, httpsAgent: options }
}
