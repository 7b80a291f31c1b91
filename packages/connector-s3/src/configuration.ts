import { createHash } from 'node:crypto'
import {
  GetBucketAccelerateConfigurationCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { type Json, throwIfInterrupted } from '@restitute/core'
import { codeOf, reasonOf, statusOf } from './errors.ts'
import { sortedJson } from './sorted-json.ts'
import type { Store } from './store.ts'

/** One part of a bucket's configuration. */
export interface Configuration {
  readonly name: string
  /** JSON as `aws s3api get-bucket-…` prints it. */
  readonly bytes: Buffer
  /** SHA-256, hexadecimal. */
  readonly digest: string
  /** Why it could not be read. */
  readonly lost?: string
}

type Reader = (store: Store, signal: AbortSignal) => Promise<object>

/** Ascending. */
const readers: Readonly<Record<string, Reader>> = {
  accelerate: (s, signal) => s.send(new GetBucketAccelerateConfigurationCommand(s.bucket), signal),
  acl: (s, signal) => s.send(new GetBucketAclCommand(s.bucket), signal),
  cors: (s, signal) => s.send(new GetBucketCorsCommand(s.bucket), signal),
  encryption: (s, signal) => s.send(new GetBucketEncryptionCommand(s.bucket), signal),
  lifecycle: (s, signal) => s.send(new GetBucketLifecycleConfigurationCommand(s.bucket), signal),
  logging: (s, signal) => s.send(new GetBucketLoggingCommand(s.bucket), signal),
  notification: (s, signal) => s.send(new GetBucketNotificationConfigurationCommand(s.bucket), signal),
  'object-lock': (s, signal) => s.send(new GetObjectLockConfigurationCommand(s.bucket), signal),
  'ownership-controls': (s, signal) => s.send(new GetBucketOwnershipControlsCommand(s.bucket), signal),
  policy: (s, signal) => s.send(new GetBucketPolicyCommand(s.bucket), signal),
  'public-access-block': (s, signal) => s.send(new GetPublicAccessBlockCommand(s.bucket), signal),
  replication: (s, signal) => s.send(new GetBucketReplicationCommand(s.bucket), signal),
  'request-payment': (s, signal) => s.send(new GetBucketRequestPaymentCommand(s.bucket), signal),
  tagging: (s, signal) => s.send(new GetBucketTaggingCommand(s.bucket), signal),
  versioning: (s, signal) => s.send(new GetBucketVersioningCommand(s.bucket), signal),
  website: (s, signal) => s.send(new GetBucketWebsiteCommand(s.bucket), signal),
}

/** Names of the parts that a configuration may have. */
export type ConfigurationName = keyof typeof readers

/** The parts of the bucket's configuration that are set, or could not be read, ascending by name. */
export async function* configurations(store: Store, signal: AbortSignal): AsyncIterable<Configuration> {
  for (const name of Object.keys(readers)) {
    const found = await configuration(store, name, signal)
    if (found !== undefined) yield found
  }
}

/** One part; undefined when it is not set, or the service does not know it. Throws when there was no answer. */
export async function configuration(
  store: Store,
  name: string,
  signal: AbortSignal,
): Promise<Configuration | undefined> {
  try {
    const value = withoutEnvelope((await readers[name]?.(store, signal)) ?? {})
    return saysNothing(value) ? undefined : of(name, value)
  } catch (error) {
    throwIfInterrupted(signal)
    if (isUnset(error)) return undefined
    if (statusOf(error) === undefined) throw error
    return { ...of(name, {}), lost: `the ${name} of the bucket cannot be read: ${reasonOf(error)}` }
  }
}

/** Some services answer with an empty frame where nothing is set. */
function saysNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(saysNothing)
  return value === '' || value === undefined
}

function withoutEnvelope(answer: object): object {
  const entries = Object.entries(answer).filter(([key, value]) => key !== '$metadata' && value !== undefined)
  return Object.fromEntries(entries)
}

function of(name: string, value: object): Configuration {
  const bytes = Buffer.from(
    `${JSON.stringify(sortedJson(JSON.parse(JSON.stringify(value)) as Json), undefined, 2)}\n`,
  )
  return { name, bytes, digest: createHash('sha256').update(bytes).digest('hex') }
}

function isUnset(error: unknown): boolean {
  const [status, code] = [statusOf(error), codeOf(error)]
  if (code === 'NoSuchBucket') return false
  return status === 404 || status === 405 || status === 501 || /NotImplemented|NotSupported/.test(code)
}
