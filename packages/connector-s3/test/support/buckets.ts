import { createHash, randomBytes } from 'node:crypto'
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { TestPlace } from '@restitute/conformance'
import type { SourceSpec } from '@restitute/core'
import type { S3Server } from '../../../../test/services/s3.ts'

/** A client of the tests' own, so that what they see is not what the connector says. */
export function clientFor({ endpoint, secret }: Pick<S3Server, 'endpoint' | 'secret'>): S3Client {
  const [accessKeyId = '', secretAccessKey = ''] = secret.split(':')
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** A bucket of a test. */
export class Bucket {
  readonly name = `t${randomBytes(6).toString('hex')}`
  readonly client: S3Client
  readonly spec: SourceSpec

  constructor(server: Pick<S3Server, 'endpoint' | 'secret'>, query = '') {
    this.client = clientFor(server)
    const url = `s3://${this.name}?endpoint=${server.endpoint}${query}`
    this.spec = { name: 'objects', url, secret: server.secret }
  }

  get place(): { readonly Bucket: string } {
    return { Bucket: this.name }
  }

  async make(o: { readonly versioned?: boolean; readonly locked?: boolean } = {}): Promise<this> {
    await this.client.send(
      new CreateBucketCommand({ ...this.place, ...(o.locked && { ObjectLockEnabledForBucket: true }) }),
    )
    if (o.versioned) await this.setVersioning('Enabled')
    return this
  }

  async setVersioning(Status: 'Enabled' | 'Suspended'): Promise<void> {
    await this.client.send(
      new PutBucketVersioningCommand({ ...this.place, VersioningConfiguration: { Status } }),
    )
  }

  /** Gives the version id. */
  async put(Key: string, Body: string | Buffer, more: Partial<PutObjectCommandInput> = {}): Promise<string> {
    const { VersionId } = await this.client.send(
      new PutObjectCommand({
        ...{ ...this.place, Key, Body, ContentType: 'text/plain', ContentLength: Buffer.byteLength(Body) },
        ...more,
      }),
    )
    return VersionId ?? 'null'
  }

  /** An object in parts, one after the other. */
  async putParts(Key: string, bodies: Iterable<Buffer>): Promise<void> {
    const place = { ...this.place, Key }
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand(place))
    const Parts: CompletedPart[] = []
    for (const Body of bodies) {
      const part = { ...place, UploadId, PartNumber: Parts.length + 1, Body, ContentLength: Body.length }
      const { ETag } = await this.client.send(new UploadPartCommand(part))
      Parts.push({ ETag, PartNumber: part.PartNumber })
    }
    const whole = { ...place, UploadId, MultipartUpload: { Parts } }
    await this.client.send(new CompleteMultipartUploadCommand(whole))
  }

  /** Without version: a delete marker in a bucket that keeps versions. */
  async delete(Key: string, VersionId?: string): Promise<void> {
    await this.client.send(
      new DeleteObjectCommand({ ...this.place, Key, ...(VersionId !== undefined && { VersionId }) }),
    )
  }

  /** Locks the newest version of a key. */
  async retain(Key: string, Mode: 'GOVERNANCE' | 'COMPLIANCE', RetainUntilDate: Date): Promise<void> {
    const Retention = { Mode, RetainUntilDate }
    await this.client.send(new PutObjectRetentionCommand({ ...this.place, Key, Retention }))
  }

  /** Sets or ends the legal hold on the newest version of a key. */
  async hold(Key: string, Status: 'ON' | 'OFF'): Promise<void> {
    await this.client.send(new PutObjectLegalHoldCommand({ ...this.place, Key, LegalHold: { Status } }))
  }

  /** All versions and delete markers, the newest of a key first. */
  async list(): Promise<{ key: string; version: string; marker: boolean; etag: string; latest: boolean }[]> {
    const found: { key: string; version: string; marker: boolean; etag: string; latest: boolean }[] = []
    for (let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}; next; ) {
      const page: ListObjectVersionsCommandOutput = await this.client.send(
        new ListObjectVersionsCommand({ ...this.place, EncodingType: 'url', ...next }),
      )
      const all = [
        ...(page.Versions ?? []).map((one) => ({ ...one, marker: false, etag: one.ETag ?? '' })),
        ...(page.DeleteMarkers ?? []).map((one) => ({ ...one, marker: true, etag: '' })),
      ]
      for (const { Key = '', VersionId = 'null', marker, etag, IsLatest = false } of all)
        found.push({ key: decodeURIComponent(Key), version: VersionId, marker, etag, latest: IsLatest })
      next = page.IsTruncated
        ? {
            KeyMarker: decodeURIComponent(page.NextKeyMarker ?? ''),
            VersionIdMarker: page.NextVersionIdMarker ?? '',
          }
        : undefined
    }
    return found
  }

  async read(Key: string, VersionId?: string): Promise<Buffer> {
    const { Body } = await this.client.send(
      new GetObjectCommand({ ...this.place, Key, ...(VersionId !== undefined && { VersionId }) }),
    )
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }

  /** Of one version all that was put with it. */
  async facts(Key: string, VersionId: string): Promise<object> {
    const which = { ...this.place, Key, VersionId }
    const {
      Body,
      $metadata: _,
      LastModified: __,
      VersionId: ___,
      ...facts
    } = await this.client.send(new GetObjectCommand(which))
    const { TagSet } = await this.client.send(new GetObjectTaggingCommand(which))
    const content = Buffer.from((await Body?.transformToByteArray()) ?? []).toString('base64')
    return { ...facts, TagSet, content }
  }

  /** A digest of every version with its content and metadata, of uploads and of settings. */
  async digest(): Promise<string> {
    const facts: unknown[] = []
    for (const one of await this.list().catch(() => [])) facts.push(one, await this.#factsOf(one))
    const rest = await Promise.all([
      this.client.send(new ListMultipartUploadsCommand(this.place)).catch(nothing),
      this.client.send(new GetBucketVersioningCommand(this.place)).catch(nothing),
      this.client.send(new GetBucketTaggingCommand(this.place)).catch(nothing),
    ])
    facts.push(rest.map((answer) => ({ ...answer, $metadata: undefined })))
    return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
  }

  async #factsOf({
    key: Key,
    version: VersionId,
    marker,
  }: {
    key: string
    version: string
    marker: boolean
  }) {
    if (marker) return undefined
    const which = { ...this.place, Key, VersionId }
    const { Body, Metadata, ContentType, CacheControl } = await this.client.send(new GetObjectCommand(which))
    const { TagSet } = await this.client.send(new GetObjectTaggingCommand(which))
    const bytes = (await Body?.transformToByteArray()) ?? []
    const sha256 = createHash('sha256').update(Buffer.from(bytes)).digest('hex')
    return { sha256, Metadata, ContentType, CacheControl, TagSet }
  }

  /** Removes whatever is left of it. */
  async remove(): Promise<void> {
    const uploads = await this.client.send(new ListMultipartUploadsCommand(this.place)).catch(nothing)
    if (uploads === undefined) return
    for (const { key, version } of await this.list()) await this.delete(key, version)
    await this.client.send(new DeleteBucketCommand(this.place)).catch(nothing)
  }

  /** As the cases of conformance want it. */
  testPlace(): TestPlace {
    return {
      spec: this.spec,
      digest: () => this.digest(),
      [Symbol.asyncDispose]: async () => {
        await this.remove()
        this.client.destroy()
      },
    }
  }
}

function nothing(): undefined {
  return undefined
}

/** The bucket that a spec of the tests names. */
export function bucketOf({ url, secret = '' }: SourceSpec): Bucket {
  const { hostname, searchParams } = new URL(url)
  const bucket = new Bucket({ endpoint: searchParams.get('endpoint') ?? '', secret })
  return Object.assign(bucket, { name: hostname })
}
