import { type S3Location, s3LocationOf } from '@restitute/s3-client'

/** A bucket, or what lies under a prefix of it, how to reach it, and what a restoration is to do. */
export interface Location extends S3Location {
  /** A restoration sets retention and legal holds again, and a comparison expects them. */
  readonly locks: boolean
}

/**
 * Reads `s3://bucket/prefix?endpoint=https://s3.example.org&region=fr-par&style=path&ca=/etc/ca.pem&locks=restore`, all
 * but the bucket optional. Throws `usage`, and `secret-in-clear` for an access key in the URL.
 */
export function locationOf(url: string): Location {
  const location = s3LocationOf(url, { locks: ['restore'] })
  return { ...location, locks: new URL(url).searchParams.has('locks') }
}

/** The bucket as people name it: without how it is reached. */
export function nameOf({ bucket, prefix }: Pick<Location, 'bucket' | 'prefix'>): string {
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
}

/** Of the service, bucket and prefix alone: however it is reached. */
export function placeOf(url: string): string {
  const { endpoint, bucket, prefix } = locationOf(url)
  return `s3://${endpoint === undefined ? '' : new URL(endpoint).host}/${bucket}/${prefix}`
}
