import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { eachLimited, RestituteError } from '@restitute/core'
import { codeOf, isGone } from '../errors.ts'
import { listUploads } from '../listing.ts'
import type { Store } from '../store.ts'
import { type ObjectLine, propertiesOf, withExpires } from './put.ts'

const leastPart = 8 * 1024 * 1024
const mostParts = 10_000
const partsAtOnce = 4

/** Where an upload is. */
export interface UploadPlace {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

/** An object that is put in parts, its content coming in one or several entries. */
export class MultipartUpload {
  readonly #store: Store
  readonly #place: UploadPlace
  readonly #bytes: number
  readonly #partBytes: number
  readonly #parts: CompletedPart[] = []
  #pending: Buffer[] = []
  #pendingBytes = 0
  #taken = 0

  private constructor(store: Store, place: UploadPlace, bytes: number) {
    this.#store = store
    this.#place = place
    this.#bytes = bytes
    this.#partBytes = Math.max(leastPart, Math.ceil(bytes / mostParts))
  }

  static async begin(
    store: Store,
    line: ObjectLine,
    bytes: number,
    signal: AbortSignal,
  ): Promise<MultipartUpload> {
    const properties = propertiesOf(store, line)
    const command = withExpires(new CreateMultipartUploadCommand(properties), line)
    const { UploadId = '', $metadata } = await store.send(command, signal)
    const { Bucket = '', Key = '' } = properties
    if (($metadata.attempts ?? 1) > 1) await abortOthers(store, line.key, UploadId, signal)
    return new MultipartUpload(store, { Bucket, Key, UploadId }, bytes)
  }

  /** Takes the next bytes of the object. */
  async take(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    for await (const chunk of content) {
      // What a stream gives is only ours until we ask for more.
      this.#pending.push(Buffer.from(chunk))
      this.#pendingBytes += chunk.length
      this.#taken += chunk.length
      if (this.#pendingBytes >= this.#partBytes * partsAtOnce) await this.#send(false, signal)
    }
  }

  get isComplete(): boolean {
    return this.#taken >= this.#bytes
  }

  /** Ends the upload; gives the version id. Throws `restore-failed` when bytes are missing. */
  async complete(signal: AbortSignal): Promise<string> {
    if (this.#taken !== this.#bytes) {
      throw new RestituteError(
        'restore-failed',
        `s3: expected an object of ${this.#bytes} bytes, got ${this.#taken}`,
      )
    }
    await this.#send(true, signal)
    const { VersionId } = await this.#store
      .send(
        new CompleteMultipartUploadCommand({ ...this.#place, MultipartUpload: { Parts: this.#parts } }),
        signal,
      )
      .catch((error: unknown) => this.#completedBefore(error, signal))
    return VersionId ?? 'null'
  }

  /** One that has ended already is no error. */
  async abort(signal: AbortSignal): Promise<void> {
    await abortUpload(this.#store, this.#place, signal)
  }

  /** After an answer that was lost, the next attempt finds the upload ended: what it became is the newest version of its key. */
  async #completedBefore(error: unknown, signal: AbortSignal): Promise<{ VersionId?: string | undefined }> {
    if (codeOf(error) !== 'NoSuchUpload') throw error
    const { Bucket, Key } = this.#place
    const newest = await this.#store.send(new HeadObjectCommand({ Bucket, Key }), signal)
    if (newest.ContentLength !== this.#bytes) throw error
    return newest
  }

  /** Sends the full parts that are held, and at the end the rest. */
  async #send(last: boolean, signal: AbortSignal): Promise<void> {
    const held = Buffer.concat(this.#pending)
    const end = last ? held.length : held.length - (held.length % this.#partBytes)
    const parts: { readonly number: number; readonly body: Buffer }[] = []
    for (let at = 0; at < end; at += this.#partBytes) {
      const body = held.subarray(at, Math.min(end, at + this.#partBytes))
      parts.push({ number: this.#parts.length + parts.length + 1, body })
    }
    await eachLimited(
      partsAtOnce,
      parts,
      (part, joint) => this.#sendPart(part.number, part.body, joint),
      signal,
    )
    this.#pending = end < held.length ? [Buffer.from(held.subarray(end))] : []
    this.#pendingBytes = held.length - end
  }

  async #sendPart(number: number, body: Buffer, signal: AbortSignal): Promise<void> {
    const { ETag = '' } = await this.#store.send(
      new UploadPartCommand({ ...this.#place, PartNumber: number, Body: body, ContentLength: body.length }),
      signal,
    )
    this.#parts[number - 1] = { PartNumber: number, ETag }
  }
}

/** An attempt whose answer was lost has begun an upload, too, which nobody would ever end. */
export async function abortOthers(store: Store, key: string, id: string, signal: AbortSignal): Promise<void> {
  for await (const other of listUploads(store, signal, key)) {
    const place = { ...store.bucket, Key: store.location.prefix + key, UploadId: other.id }
    if (other.key === key && other.id !== id) await abortUpload(store, place, signal)
  }
}

/** Gives an upload up; one that has ended already is no error. */
export async function abortUpload(store: Store, place: UploadPlace, signal: AbortSignal): Promise<void> {
  await store.send(new AbortMultipartUploadCommand(place), signal).catch((error: unknown) => {
    if (!isGone(error)) throw error
  })
}
