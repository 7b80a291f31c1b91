import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { GetObjectAclCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3'
import { type Json, type JsonObject, throwIfInterrupted } from '@restitute/core'
import { statusOf } from './errors.ts'
import { headerText } from './header-text.ts'
import type { Store } from './store.ts'

type Answer = GetObjectCommandOutput | HeadObjectCommandOutput

/** Which version. */
export interface VersionKey {
  /** Without the prefix of the location. */
  readonly key: string
  readonly version: string
}

const headerNames = [
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'ContentType',
  'ExpiresString',
  'WebsiteRedirectLocation',
] as const

/**
 * What is known of a version beside its content, from the answer that brought it, and from further questions for its tags
 * and its access list: `headers` and `metadata` by their names, `tags` by key, `lock` (mode, until), `hold`, `acl`, `storage`
 * (encryption, checksums, parts: facts of this service, which another one cannot repeat). Members that are empty are left
 * out; `unread` names what could not be read and why.
 */
export async function factsOf(
  store: Store,
  which: VersionKey,
  answer: Answer,
  signal: AbortSignal,
): Promise<JsonObject> {
  const unread: string[] = []
  const attempt = async (name: string, read: () => Promise<Json | undefined>): Promise<Json | undefined> => {
    try {
      return await read()
    } catch (error) {
      throwIfInterrupted(signal)
      const status = statusOf(error)
      if (status === undefined || status >= 500) throw error
      if (status !== 404 && status !== 501) unread.push(`${name} (HTTP ${status})`)
      return undefined
    }
  }
  const [tags, acl] = await Promise.all([
    attempt('tags', () => tagsOf(store, which, answer, signal)),
    attempt('access list', () => aclOf(store, which, signal)),
  ])
  const missing = answer.MissingMeta ?? 0
  if (missing > 0) unread.push(`${missing} metadata headers`)
  return withoutEmpty({
    headers: headersOf(answer),
    metadata: metadataOf(answer),
    tags,
    lock: lockOf(answer),
    hold: answer.ObjectLockLegalHoldStatus === 'ON' ? true : undefined,
    acl,
    storage: storageOf(answer),
    unread: unread.length > 0 ? unread : undefined,
  })
}

/** Requests of a version by its key and id. */
export function request({ bucket, location: { prefix } }: Store, { key, version }: VersionKey) {
  return { ...bucket, Key: prefix + key, VersionId: version }
}

function headersOf(answer: Answer): JsonObject {
  const pairs = headerNames.map((name) => [name.replace('String', ''), answer[name]] as const)
  return withoutEmpty(Object.fromEntries(pairs.map(([name, value]) => [name, value && headerText(value)])))
}

function metadataOf({ Metadata = {} }: Answer): JsonObject {
  const entries = Object.entries(Metadata).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, value]) => [name, headerText(value)]))
}

async function tagsOf(
  store: Store,
  which: VersionKey,
  answer: Answer,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  if (answer.TagCount === undefined) return undefined
  const { TagSet = [] } = await store.send(new GetObjectTaggingCommand(request(store, which)), signal)
  const pairs = TagSet.map(({ Key = '', Value = '' }) => [Key, Value] as const)
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Only what differs from the owner alone having all rights. */
async function aclOf(store: Store, which: VersionKey, signal: AbortSignal): Promise<Json | undefined> {
  const { Owner, Grants = [] } = await store.send(new GetObjectAclCommand(request(store, which)), signal)
  const [first] = Grants
  const plain = first?.Grantee?.ID === Owner?.ID && first?.Permission === 'FULL_CONTROL'
  if (Grants.length === 1 && plain) return undefined
  return JSON.parse(JSON.stringify({ owner: Owner, grants: Grants })) as Json
}

function lockOf({ ObjectLockMode, ObjectLockRetainUntilDate }: Answer): JsonObject | undefined {
  if (ObjectLockMode === undefined || ObjectLockRetainUntilDate === undefined) return undefined
  return { mode: ObjectLockMode, until: ObjectLockRetainUntilDate.toISOString() }
}

function storageOf(answer: Answer): JsonObject {
  const { ServerSideEncryption, SSEKMSKeyId, ReplicationStatus, PartsCount, ETag = '' } = answer
  const parts = PartsCount ?? Number(/-(\d+)"?$/.exec(ETag)?.[1] ?? 0)
  return withoutEmpty({
    encryption: ServerSideEncryption,
    kmsKey: SSEKMSKeyId,
    replication: ReplicationStatus,
    parts: parts > 0 ? parts : undefined,
    sha256: answer.ChecksumSHA256,
    sha1: answer.ChecksumSHA1,
    crc32: answer.ChecksumCRC32,
    crc32c: answer.ChecksumCRC32C,
    crc64nvme: answer.ChecksumCRC64NVME,
  })
}

function withoutEmpty(facts: Record<string, Json | undefined>): JsonObject {
  const entries = Object.entries(facts).filter(
    ([, value]) =>
      value !== undefined &&
      !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
  )
  return Object.fromEntries(entries) as JsonObject
}
