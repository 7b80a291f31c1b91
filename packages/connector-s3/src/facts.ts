import type { IncomingHttpHeaders } from 'node:http'
import { type Json, type JsonObject, throwIfInterrupted } from '@restitute/core'
import { headerText } from '@restitute/s3-client'
import { codeOf, isOfAccount, statusOf } from './errors.ts'
import type { Store } from './store.ts'

/** Which version. */
export interface VersionKey {
  /** Without the prefix of the location. */
  readonly key: string
  readonly version: string
}

const headerNames = {
  CacheControl: 'cache-control',
  ContentDisposition: 'content-disposition',
  ContentEncoding: 'content-encoding',
  ContentLanguage: 'content-language',
  ContentType: 'content-type',
  Expires: 'expires',
  WebsiteRedirectLocation: 'x-amz-website-redirect-location',
} as const

const storageNames = {
  encryption: 'x-amz-server-side-encryption',
  kmsKey: 'x-amz-server-side-encryption-aws-kms-key-id',
  replication: 'x-amz-replication-status',
  sha256: 'x-amz-checksum-sha256',
  sha1: 'x-amz-checksum-sha1',
  crc32: 'x-amz-checksum-crc32',
  crc32c: 'x-amz-checksum-crc32c',
  crc64nvme: 'x-amz-checksum-crc64nvme',
} as const

const metadataPrefix = 'x-amz-meta-'

/**
 * What is known of a version beside its content, from the headers of the answer that brought it, and from further questions for its tags
 * and its access list: `headers` and `metadata` by their names, `tags` by key, `lock` (mode, until), `hold`, `acl`, `storage`
 * (encryption, checksums, parts: facts of this service, which another one cannot repeat). Members that are empty are left
 * out; `unread` names what could not be read and why. `accessList: false` saves the request for it.
 */
export async function factsOf(
  store: Store,
  which: VersionKey,
  answer: IncomingHttpHeaders,
  signal: AbortSignal,
  { accessList = true }: { readonly accessList?: boolean } = {},
): Promise<JsonObject> {
  const unread: string[] = []
  const attempt = async (name: string, read: () => Promise<Json | undefined>): Promise<Json | undefined> => {
    try {
      return await read()
    } catch (error) {
      throwIfInterrupted(signal)
      const status = statusOf(error)
      // What has none may say so; what was deleted meanwhile may have had some.
      if (status === 501 || (status === 404 && !/^NoSuch(Key|Version)$/.test(codeOf(error)))) return undefined
      if (status === undefined || status >= 500 || isOfAccount(error)) throw error
      unread.push(`${name} (HTTP ${status})`)
      return undefined
    }
  }
  const [tags, acl] = await Promise.all([
    attempt('tags', () => store.tags.of(which, answer, signal)),
    accessList ? attempt('access list', () => store.accessLists.of(which, signal)) : undefined,
  ])
  const missing = Number(textOf(answer, 'x-amz-missing-meta') ?? 0)
  if (missing > 0) unread.push(`${missing} metadata headers`)
  return withoutEmpty({
    headers: named(answer, headerNames),
    metadata: metadataOf(answer),
    tags,
    lock: lockOf(answer),
    hold: textOf(answer, 'x-amz-object-lock-legal-hold') === 'ON' ? true : undefined,
    acl,
    storage: storageOf(answer),
    unread: unread.length > 0 ? unread : undefined,
  })
}

/** Requests of a version by its key and id. */
export function request(
  { bucket, location: { prefix } }: Store,
  { key, version }: VersionKey,
): { readonly Bucket: string; readonly Key: string; readonly VersionId: string } {
  return { ...bucket, Key: prefix + key, VersionId: version }
}

function textOf(answer: IncomingHttpHeaders, name: string): string | undefined {
  const value = answer[name]
  return typeof value === 'string' ? value : undefined
}

/** Those of the headers that are there, by the names that they have here. */
function named(answer: IncomingHttpHeaders, names: Readonly<Record<string, string>>): JsonObject {
  const found: Record<string, string> = {}
  for (const [own, header] of Object.entries(names)) {
    const value = textOf(answer, header)
    if (value !== undefined) found[own] = headerText(value)
  }
  return found
}

function metadataOf(answer: IncomingHttpHeaders): JsonObject {
  const names = Object.keys(answer).filter((name) => name.startsWith(metadataPrefix))
  const entries = names.sort().map((name) => [name.slice(metadataPrefix.length), name])
  return named(answer, Object.fromEntries(entries))
}

function lockOf(answer: IncomingHttpHeaders): JsonObject | undefined {
  const mode = textOf(answer, 'x-amz-object-lock-mode')
  const until = textOf(answer, 'x-amz-object-lock-retain-until-date')
  return mode && until ? { mode, until: new Date(until).toISOString() } : undefined
}

function storageOf(answer: IncomingHttpHeaders): JsonObject {
  const parts = Number(
    textOf(answer, 'x-amz-mp-parts-count') ?? /-(\d+)"?$/.exec(textOf(answer, 'etag') ?? '')?.[1] ?? 0,
  )
  return { ...named(answer, storageNames), ...(parts > 0 && { parts }) }
}

function withoutEmpty(facts: Record<string, Json | undefined>): JsonObject {
  const entries = Object.entries(facts).filter(
    ([, value]) =>
      value !== undefined &&
      !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
  )
  return Object.fromEntries(entries) as JsonObject
}
