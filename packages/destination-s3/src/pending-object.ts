import { createHash } from 'node:crypto'
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { type PendingFile, RestituteError } from '@restitute/core'
import { type Bucket, objectOf } from './bucket.ts'
import { attempting, nameOf } from './errors.ts'
import { sendUntilStored } from './stored.ts'
import { abortUpload, type BegunUpload, newestUpload, type StoredPart } from './uploads.ts'

/** Of every part but the last; 10 000 of them (the most there can be) make 78 GiB, far above a volume. */
export const partBytes: number = 8 * 1024 * 1024
/** Parts on their way side by side: with the one that is being filled, what a file takes of memory. */
const atOnce = 3

/**
 * Begins a file as an object: one request when it is small, an upload in parts when it is not; either way it appears
 * whole, at `commit`. Each part goes with its SHA-256, and what the service
 * says that it stored is compared. `resumable`: goes on with the newest unfinished upload of that
 * key, keeping every part whose digest is right, and leaves what it sent when it is not committed.
 */
export async function createObject(bucket: Bucket, name: string, resumable: boolean): Promise<PendingFile> {
  const object = objectOf(bucket, name)
  const earlier = resumable ? await newestUpload(bucket, object.Key) : undefined
  return new PendingObject(bucket, { ...object, name, resumable, ...(earlier && { earlier }) })
}

interface Writing {
  readonly name: string
  readonly Bucket: string
  readonly Key: string
  readonly resumable: boolean
  readonly earlier?: BegunUpload
}

class PendingObject implements PendingFile {
  readonly kept: number
  readonly #bucket: Bucket
  readonly #client: S3Client
  readonly #name: string
  readonly #object: { readonly Bucket: string; readonly Key: string }
  readonly #resumable: boolean
  readonly #abort = new AbortController()
  readonly #options: { readonly abortSignal: AbortSignal }
  readonly #spare: Buffer[] = []
  readonly #running: Promise<void>[] = []
  readonly #parts: CompletedPart[] = []
  #filling: Buffer = Buffer.allocUnsafeSlow(partBytes)
  #filled = 0
  #bytes = 0
  #upload: BegunUpload | undefined
  #committed = false

  constructor(bucket: Bucket, { name, Bucket, Key, resumable, earlier }: Writing) {
    this.#bucket = bucket
    this.#client = bucket.client
    this.#name = name
    this.#object = { Bucket, Key }
    this.#resumable = resumable
    this.#options = { abortSignal: this.#abort.signal }
    this.#upload = earlier
    this.kept = keptBytes(earlier)
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      // A full part goes only when there is more: the last one may be the only one.
      if (this.#filled === partBytes) await this.#sendPart()
      const taken = chunk.subarray(from, from + partBytes - this.#filled)
      this.#filling.set(taken, this.#filled)
      this.#filled += taken.length
      this.#bytes += taken.length
      from += taken.length
    }
  }

  async commit(): Promise<void> {
    if (this.#parts.length === 0) await this.#put()
    else await this.#complete()
    this.#committed = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await Promise.allSettled(this.#running)
    if (this.#committed || this.#resumable || this.#upload === undefined) return
    // What cannot be given up now is swept later; the error that led here matters more.
    await abortUpload(this.#bucket, this.#upload).catch(() => {})
  }

  async #put(): Promise<void> {
    const Body = this.#filling.subarray(0, this.#filled)
    const ChecksumSHA256 = sha256(Body)
    const command = new PutObjectCommand({ ...this.#object, Body, ChecksumSHA256 })
    const writing = `writing ${this.#name}`
    await attempting(writing, () =>
      sendUntilStored(writing, Body, ChecksumSHA256, () => this.#client.send(command, this.#options)),
    )
  }

  /** Hands the filled part over and goes on with another buffer, as soon as one more may be in use. */
  async #sendPart(): Promise<void> {
    this.#upload ??= await this.#begin()
    if (this.#running.length >= atOnce) await this.#running.shift()
    const buffer = this.#filling
    const part: CompletedPart = { PartNumber: this.#parts.length + 1 }
    this.#parts.push(part)
    const sending = this.#storePart(this.#upload, buffer.subarray(0, this.#filled), part)
    this.#running.push(sending.then(() => void this.#spare.push(buffer)))
    // Whoever waits for it is told: the next write, or the commit.
    this.#running.at(-1)?.catch(() => {})
    this.#filling = this.#spare.pop() ?? Buffer.allocUnsafeSlow(partBytes)
    this.#filled = 0
  }

  async #begin(): Promise<BegunUpload> {
    const command = new CreateMultipartUploadCommand({ ...this.#object, ChecksumAlgorithm: 'SHA256' })
    const { UploadId: id = '' } = await attempting(`beginning the upload of ${this.#name}`, () =>
      this.#client.send(command, this.#options),
    )
    return { key: this.#object.Key, id, parts: new Map() }
  }

  async #storePart({ id, parts }: BegunUpload, Body: Buffer, part: CompletedPart): Promise<void> {
    const ChecksumSHA256 = sha256(Body)
    part.ChecksumSHA256 = ChecksumSHA256
    const before = parts.get(part.PartNumber ?? 0)
    if (before && isSame(before, Body, ChecksumSHA256)) {
      part.ETag = before.etag
      return
    }
    const command = new UploadPartCommand({
      ...{ ...this.#object, UploadId: id, PartNumber: part.PartNumber, Body, ChecksumSHA256 },
    })
    const writing = `writing part ${part.PartNumber} of ${this.#name}`
    const { ETag } = await attempting(writing, () =>
      sendUntilStored(writing, Body, ChecksumSHA256, () => this.#client.send(command, this.#options)),
    )
    part.ETag = ETag
  }

  async #complete(): Promise<void> {
    await this.#sendPart()
    await Promise.all(this.#running)
    const command = new CompleteMultipartUploadCommand({
      ...{ ...this.#object, UploadId: this.#upload?.id },
      MultipartUpload: { Parts: this.#parts },
    })
    await attempting(`finishing ${this.#name}`, async () => {
      try {
        await this.#client.send(command, this.#options)
      } catch (thrown) {
        // An answer that was lost: the attempt after it finds the upload ended.
        if (nameOf(thrown) !== 'NoSuchUpload') throw thrown
      }
      await this.#expectWhole()
    })
  }

  async #expectWhole(): Promise<void> {
    const { ContentLength } = await this.#client.send(new HeadObjectCommand(this.#object), this.#options)
    if (ContentLength === this.#bytes) return
    const message = `finishing ${this.#name}: expected ${this.#bytes} bytes there, got ${ContentLength}`
    throw new RestituteError('destination-failed', message)
  }
}

/** Of the parts up to the first gap. */
function keptBytes(earlier: BegunUpload | undefined): number {
  let bytes = 0
  for (let n = 1, part = earlier?.parts.get(n); part !== undefined; part = earlier?.parts.get(++n)) {
    bytes += part.bytes
  }
  return bytes
}

/** By SHA-256 where the service has kept it; else by MD5, which it names the part by unless it encrypts. */
function isSame({ bytes, etag, sha256: kept }: StoredPart, body: Buffer, own: string): boolean {
  if (bytes !== body.length) return false
  if (kept !== undefined) return kept === own
  return etag.replaceAll('"', '') === createHash('md5').update(body).digest('hex')
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64')
}
