import type { S3Client } from '@aws-sdk/client-s3'
import { nameProblem, RestituteError } from '@restitute/core'
import type { S3Location } from '@restitute/s3-client'

/** A bucket with the client that reaches it. */
export interface Bucket {
  readonly client: S3Client
  readonly location: S3Location
}

/** Bucket and key of a file; throws `usage` for a name that no file of a package has. */
export function objectOf({ location }: Bucket, name: string): { Bucket: string; Key: string } {
  const problem = nameProblem(name)
  if (problem) throw new RestituteError('usage', `file name ${JSON.stringify(name)} ${problem}`)
  return { Bucket: location.bucket, Key: `${location.prefix}${name}` }
}

/** A key as listings encode it. */
export function decodedKey(key: string | undefined, encoding: string | undefined): string {
  const text = key ?? ''
  return encoding === 'url' ? decodeURIComponent(text.replaceAll('+', ' ')) : text
}

/**
 * A key that the service escapes, or does not, without saying which, as Ceph does with those of uploads and with markers: names of
 * files have no percent sign, and the prefix is known.
 */
export function guessedKey({ location: { prefix } }: Bucket, key: string | undefined): string {
  const text = key ?? ''
  const plain = text.startsWith(prefix) && !text.slice(prefix.length).includes('%')
  return plain ? text : decodeURIComponent(text)
}
