import { decodedPart, RestituteError } from '@restitute/core'

/** A bucket, or what lies under a prefix of it, and how to reach it. */
export interface S3Location {
  /** As it was given. */
  readonly url: string
  readonly bucket: string
  /** What every key begins with; empty, or with its final `/`. */
  readonly prefix: string
  /** `https://…` of a service other than Amazon's. */
  readonly endpoint?: string
  readonly region?: string
  /** The bucket's name stands in the path, not in the host name. */
  readonly pathStyle: boolean
  /** File with the certificates (PEM) of the authorities that the service is trusted by. */
  readonly authorities?: string
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const parameters = ['endpoint', 'region', 'style', 'ca']

/**
 * Reads `s3://bucket/prefix?endpoint=https://s3.example.org&region=fr-par&style=path&ca=/etc/ca.pem`, all but the bucket
 * optional, and the parameters of the caller's own, by name and with the values that they may have. With an endpoint the
 * style is `path` unless the URL says `virtual`. Throws `usage`, and `secret-in-clear` for an access key in the URL.
 */
export function s3LocationOf(url: string, own: Readonly<Record<string, readonly string[]>> = {}): S3Location {
  const parsed = parse(url)
  const allowed = [...parameters, ...Object.keys(own)]
  const strange = parsed.searchParams.keys().find((name) => !allowed.includes(name))
  if (strange !== undefined) throw malformed(`the parameters ${allowed.join(', ')}`, strange)
  const bucket = parsed.hostname
  if (!bucketName.test(bucket)) throw malformed('the name of a bucket', `"${bucket}"`)
  const values = Object.fromEntries(parsed.searchParams)
  for (const [name, choice] of Object.entries({ style: ['path', 'virtual'], ...own }))
    oneOf(name, values[name], choice)
  const { endpoint, region, style, ca } = values
  return {
    ...{ url, bucket, prefix: prefixOf(parsed.pathname) },
    ...(endpoint !== undefined && { endpoint: endpointOf(endpoint) }),
    ...(region !== undefined && { region }),
    ...(ca !== undefined && { authorities: ca }),
    pathStyle: style === undefined ? endpoint !== undefined : style === 'path',
  }
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) && url.startsWith('s3://') ? new URL(url) : undefined
  if (parsed === undefined) throw malformed('s3://bucket/prefix', 'another form')
  // What comes after it would count for nothing: without its endpoint the URL is one of Amazon's.
  if (parsed.hash !== '') throw malformed('%23 for a # in a name', `"${parsed.hash}"`)
  if (parsed.username === '' && parsed.password === '') return parsed
  throw new RestituteError('secret-in-clear', 's3: no access key belongs into the URL', {
    hint: 'give it by reference: secret: env:NAME, whose value is <access key>:<secret key>',
  })
}

function prefixOf(path: string): string {
  const prefix = decodedPart(path)?.replace(/^\/+|\/+$/g, '')
  if (prefix === undefined) throw malformed('%25 for a % in a name', `"${path}"`)
  return prefix === '' ? '' : `${prefix}/`
}

function endpointOf(text: string): string {
  if (/^https?:\/\/[^/?#]+\/?$/.test(text)) return text
  throw malformed('an endpoint such as https://s3.example.org', `"${text}"`)
}

function oneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw malformed(allowed.map((one) => `${name}=${one}`).join(' or '), `"${value}"`)
}

function malformed(expected: string, got: string): RestituteError {
  return new RestituteError('usage', `s3 URL: expected ${expected}, got ${got}`)
}
