import { createHash } from 'node:crypto'
import {
  GetBucketAclCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  type S3Client,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3'
import { RestituteError, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { clientOf } from './client.ts'
import { isGone, statusOf, unreachable } from './errors.ts'
import { type Location, locationOf, nameOf } from './location.ts'

/** Anything that the client can send. */
type Command<I extends ServiceInputTypes, O extends ServiceOutputTypes> = Parameters<
  typeof S3Client.prototype.send<I, O>
>[0]

/** A bucket as one account reaches it. */
export class Store implements Disposable {
  readonly location: Location
  readonly #client: S3Client

  constructor({ url, secret }: Pick<SourceSpec, 'url' | 'secret'>) {
    this.location = locationOf(url)
    this.#client = clientOf(this.location, secret)
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

  /** Whether the bucket is there; throws what the service said when that cannot be told. */
  async exists(signal: AbortSignal): Promise<boolean> {
    try {
      await this.send(new HeadBucketCommand(this.bucket), signal)
      return true
    } catch (error) {
      if (isGone(error)) return false
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
