import { RestituteError } from '@restitute/core'

/** Where packages lie in a bucket. */
export interface Location {
  /** As it was given. */
  readonly url: string
  readonly bucket: string
  /** Of every key; empty, or with its final `/`. */
  readonly prefix: string
  /** `https://…` of a service other than Amazon's. */
  readonly endpoint?: string
  readonly region?: string
  /** The bucket's name stands in the path, not in the host name. */
  readonly pathStyle: boolean
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const parameters = ['endpoint', 'region', 'style']

/**
 * Reads `s3://bucket/prefix?endpoint=https://s3.example.org&region=fr-par&style=path`, all but the bucket optional.
 * With an endpoint the style is `path` unless the URL says `virtual`. Throws `usage`.
 */
export function locationOf(url: string): Location {
  const parsed = parse(url)
  for (const name of parsed.searchParams.keys()) {
    if (!parameters.includes(name)) throw malformed(`the parameters ${parameters.join(', ')}`, name)
  }
  const bucket = parsed.hostname
  if (!bucketName.test(bucket)) throw malformed('the name of a bucket', `"${bucket}"`)
  const { endpoint, region, style } = Object.fromEntries(parsed.searchParams)
  if (style !== undefined && style !== 'path' && style !== 'virtual')
    throw malformed('style=path or style=virtual', `"${style}"`)
  return {
    ...{ url, bucket, prefix: prefixOf(parsed.pathname) },
    ...(endpoint !== undefined && { endpoint: endpointOf(endpoint) }),
    ...(region !== undefined && { region }),
    pathStyle: style === undefined ? endpoint !== undefined : style === 'path',
  }
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 's3:' || !url.startsWith('s3://'))
    throw malformed('s3://bucket/prefix', 'another form')
  if (parsed.username === '' && parsed.password === '') return parsed
  throw new RestituteError('secret-in-clear', 's3: no access key belongs into the URL', {
    hint: 'give it by reference: secret: env:NAME, whose value is <access key>:<secret key>',
  })
}

function prefixOf(path: string): string {
  const prefix = decodeURIComponent(path).replace(/^\/+|\/+$/g, '')
  return prefix === '' ? '' : `${prefix}/`
}

function endpointOf(text: string): string {
  if (/^https?:\/\/[^/?#]+\/?$/.test(text)) return text
  throw malformed('an endpoint such as https://s3.example.org', `"${text}"`)
}

function malformed(expected: string, got: string): RestituteError {
  return new RestituteError('usage', `s3 URL: expected ${expected}, got ${got}`)
}
