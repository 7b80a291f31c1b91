import {
  type CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import type { JsonObject } from '@restitute/core'
import type { Store } from '../store.ts'

/** A line of `objects-….jsonl`. */
export type ObjectLine = JsonObject & { readonly id: string; readonly key: string; readonly kind: string }

/** What a version has beside its content, as a request takes it. */
export type Properties = Pick<
  PutObjectCommandInput,
  | 'Bucket'
  | 'Key'
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'WebsiteRedirectLocation'
  | 'Metadata'
  | 'Tagging'
>

const copied = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'WebsiteRedirectLocation',
] as const

/** The properties of the version that a line describes. */
export function propertiesOf({ bucket, location: { prefix } }: Store, line: ObjectLine): Properties {
  const headers = texts(line['headers'])
  const tags = Object.entries(texts(line['tags']))
  const metadata = texts(line['metadata'])
  return {
    ...bucket,
    Key: prefix + line.key,
    ...Object.fromEntries(
      copied.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
    ),
    ...(Object.keys(metadata).length > 0 && { Metadata: metadata }),
    ...(tags.length > 0 && { Tagging: tags.map((pair) => pair.map(encodeURIComponent).join('=')).join('&') }),
  }
}

/** The service keeps the header as it was put, and that need not be a date: it goes as it came, where the SDK takes dates alone. */
export function withExpires<C extends PutObjectCommand | CreateMultipartUploadCommand>(
  command: C,
  line: ObjectLine,
): C {
  const { Expires: expires } = texts(line['headers'])
  if (expires === undefined) return command
  const { middlewareStack } = command as PutObjectCommand
  middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: object }).headers, { expires })
      return next(args)
    },
    { step: 'build' },
  )
  return command
}

/** What was put. */
export interface Put {
  /** Its version id; a service may not name a marker that an attempt before has made. */
  readonly version?: string | undefined
  /** How often it was sent: an attempt whose answer was lost may have made a version, too. */
  readonly attempts: number
}

/** Puts an object that is in memory. */
export async function putWhole(
  store: Store,
  line: ObjectLine,
  body: Buffer,
  signal: AbortSignal,
): Promise<Put> {
  const command = new PutObjectCommand({
    ...propertiesOf(store, line),
    Body: body,
    ContentLength: body.length,
  })
  const { VersionId, $metadata } = await store.send(withExpires(command, line), signal)
  return { version: VersionId ?? 'null', attempts: $metadata.attempts ?? 1 }
}

/** Puts a delete marker. */
export async function putMarker(store: Store, line: ObjectLine, signal: AbortSignal): Promise<Put> {
  const { VersionId, DeleteMarker, $metadata } = await store.send(
    new DeleteObjectCommand({ ...store.bucket, Key: store.location.prefix + line.key }),
    signal,
  )
  return {
    ...(DeleteMarker === true && VersionId !== undefined && { version: VersionId }),
    attempts: $metadata.attempts ?? 1,
  }
}

/** The members of an object that are texts; nothing for anything else. */
function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string')) as Record<
    string,
    string
  >
}
