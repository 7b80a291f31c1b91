import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import {
  GetBucketAclCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3'
import { RestituteError, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { agentsFor, clientOf, type ObjectAnswer, ObjectRequests } from '@restitute/s3-client'
import { AccessLists } from './access-lists.ts'
import { codeOf, isGone, statusOf, unreachable } from './errors.ts'
import type { VersionKey } from './facts.ts'
import { type Location, locationOf, nameOf } from './location.ts'
import { persistently } from './persistently.ts'
import { PieceMemory } from './piece-memory.ts'
import { Tags } from './tags.ts'

/** Anything that the client can send. */
type Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<I, O>
>[0]

/** A bucket as one account reaches it. */
export class Store implements Disposable {
  readonly location: Location
  readonly accessLists: AccessLists = new AccessLists(this)
  readonly tags: Tags = new Tags(this)
  readonly memory: PieceMemory = new PieceMemory()
  readonly #client: S3Client
  readonly #objects: ObjectRequests

  constructor({ url, secret }: Pick<SourceSpec, 'url' | 'secret'>) {
    this.location = locationOf(url)
    const agents = agentsFor(this.location)
    this.#client = clientOf(this.location, secret, agents)
    this.#objects = new ObjectRequests(this.#client, agents, this.location.bucket)
  }

  get bucket(): { readonly Bucket: string } {
    return { Bucket: this.location.bucket }
  }

  /** Sends a request; throws what the service said, or `interrupted`. */
  async send<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: Command<I, O>,
    signal: AbortSignal,
  ): Promise<O> {
    throwIfInterrupted(signal)
    try {
      return await this.#client.send<I, O>(command, { abortSignal: signal })
    } catch (error) {
      throwIfInterrupted(signal)
      throw error
    }
  }

  /** Likewise, but whatever goes wrong is `source-unreachable`. */
  async ask<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
    command: Command<I, O>,
    signal: AbortSignal,
  ): Promise<O> {
    try {
      return await this.send<I, O>(command, signal)
    } catch (error) {
      throw unreachable(this.location, error, signal)
    }
  }

  /** Asks for a version, or with `part` for what belongs to it, and tries once; throws what the service said. */
  async askOnce(
    method: 'GET' | 'HEAD',
    { key, version }: VersionKey,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    part?: string,
  ): Promise<ObjectAnswer> {
    throwIfInterrupted(signal)
    const query = { ...(part !== undefined && { [part]: '' }), versionId: version }
    return this.#objects.send({ method, key: this.location.prefix + key, query, headers }, signal)
  }

  /** Headers of a version; tries again likewise. */
  head(
    which: VersionKey,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingHttpHeaders> {
    return persistently(async () => {
      const answer = await this.askOnce('HEAD', which, headers, signal)
      answer.resume()
      return answer.headers
    }, signal)
  }

  /** A sub-resource of a version as text; tries again likewise. */
  text(which: VersionKey, part: string, signal: AbortSignal): Promise<string> {
    return persistently(async () => {
      const answer = await this.askOnce('GET', which, {}, signal, part)
      return Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)).toString()
    }, signal)
  }

  /**
   * Whether the bucket is there; throws what the service said when that cannot be told. An answer to HEAD has no body, and any
   * server on the way may say 404: only the service says that there is no such bucket.
   */
  async exists(signal: AbortSignal): Promise<boolean> {
    try {
      await this.send(new HeadBucketCommand(this.bucket), signal)
      return true
    } catch (error) {
      if (!isGone(error)) throw error
    }
    try {
      await this.send(new ListObjectsV2Command({ ...this.bucket, MaxKeys: 1 }), signal)
      return true
    } catch (error) {
      if (codeOf(error) === 'NoSuchBucket') return false
      throw error
    }
  }

  /**
   * Identity of the bucket: its name and whose it is, with the prefix, if any. Not the date of its making, which changes
   * with its policy on Amazon's S3.
   */
  async fingerprint(signal: AbortSignal): Promise<string> {
    const { bucket, prefix } = this.location
    const digest = createHash('sha256').update(JSON.stringify([await this.#owner(signal), bucket, prefix]))
    return (digest.digest('hex').match(/.{4}/g) ?? []).slice(0, 3).join('-')
  }

  async #owner(signal: AbortSignal): Promise<string> {
    const acl = await this.send(new GetBucketAclCommand(this.bucket), signal).catch((error: unknown) => {
      if (statusOf(error) !== 403) throw error
    })
    const owner = acl?.Owner?.ID ?? (await this.#ownerOfAll(signal))
    if (owner !== undefined) return owner
    throw new RestituteError('source-unreachable', `${nameOf(this.location)}: expected its owner, got none`, {
      hint: 'the account needs the right s3:GetBucketAcl on the bucket',
    })
  }

  /** The account's own id, where the bucket is one of its own. */
  async #ownerOfAll(signal: AbortSignal): Promise<string | undefined> {
    const { Buckets = [], Owner } = await this.send(new ListBucketsCommand({}), signal)
    return Buckets.some(({ Name }) => Name === this.location.bucket) ? Owner?.ID : undefined
  }

  [Symbol.dispose](): void {
    this.#client.destroy()
  }
}
