import {
  DeleteObjectCommand,
  type ObjectLockRetention,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3'
import {
  asRestituteError,
  counted,
  eachLimited,
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { batchSize, deleteBatch } from '../destroy/delete.ts'
import { reasonOf, unreachable } from '../errors.ts'
import { request, type VersionKey } from '../facts.ts'
import { groupOf } from '../groups.ts'
import { versioningIn } from '../items.ts'
import { listVersionsOf } from '../listing.ts'
import { nameOf } from '../location.ts'
import { isObjectList } from '../object-lines.ts'
import { Store } from '../store.ts'
import { InFlight } from './in-flight.ts'
import { type Made, MadeVersions } from './made.ts'
import { MultipartUpload } from './multipart.ts'
import { type ObjectLine, type Put, putMarker, putWhole } from './put.ts'
import { openTarget, removeBucket, type Target } from './target.ts'

const smallBytes = 8 * 1024 * 1024
const locksAtOnce = 16

/**
 * Puts versions and delete markers back in their order into an empty bucket, which it makes if need be, and which no other
 * restoration gets meanwhile; locks and holds come last, where the URL asks for them. Given up, it takes back exactly what it put. A bucket cannot appear whole: until
 * `finish` ends, parts of it can be seen, and a restoration that was killed leaves a bucket that has to be emptied.
 */
export async function s3Restorer(spec: SourceSpec, signal: AbortSignal): Promise<Restorer> {
  const store = new Store(spec)
  try {
    return new BucketRestorer(store, await openTarget(store, signal))
  } catch (error) {
    store[Symbol.dispose]()
    throw unreachable(store.location, error, signal)
  }
}

class BucketRestorer implements Restorer {
  readonly phases = 1
  readonly groupOf = groupOf
  readonly #store: Store
  readonly #target: Target
  readonly #made = new MadeVersions()
  readonly #inFlight = new InFlight()
  /** Keys of which something is being put: when it fails, the service may have it all the same. */
  readonly #underWay = new Set<string>()
  #lines: ReadonlyMap<string, ObjectLine> = new Map()
  #large: { readonly line: ObjectLine; readonly upload: MultipartUpload } | undefined
  #versioned = false
  #finished = false

  constructor(store: Store, target: Target) {
    this.#store = store
    this.#target = target
  }

  phase(): number {
    return 0
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    await this.#wrapped(this.#accept(entry, signal))
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    await this.#wrapped(this.#finish(items, signal))
    this.#finished = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#finished) await this.#takeBack().catch((cause: unknown) => this.#left(cause))
    } finally {
      this.#made[Symbol.dispose]()
      this.#store[Symbol.dispose]()
    }
  }

  async #accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    if (isObjectList(entry.path)) this.#lines = await readLines(entry)
    if (entry.item === undefined || !/^data\/(objects|versions)\//.test(entry.path)) return
    const line = this.#lineOf(entry.item, entry.part)
    // A marker is `null`, too, where versioning was suspended; a bucket that never kept versions takes none.
    if (line['version'] !== 'null' || line.kind === 'delete-marker') await this.#keepVersions(signal)
    if (line.kind === 'delete-marker')
      await this.#begin(line, 0, () => putMarker(this.#store, line, signal), signal)
    else if (entry.part === undefined && entry.size <= smallBytes) await this.#putSmall(line, entry, signal)
    else await this.#putLarge(line, entry, signal)
  }

  /** The later parts of an object come without a line of their own. */
  #lineOf(item: string, part: number | undefined): ObjectLine {
    const line = (part ?? 1) === 1 ? this.#lines.get(item) : this.#large?.line
    if (line?.id === item) return line
    throw new RestituteError(
      'restore-failed',
      's3: expected the line of an object before it, or its parts in order',
    )
  }

  async #putSmall(line: ObjectLine, entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(entry.content(), (chunk) => Buffer.from(chunk)))
    await this.#begin(line, body.length, () => putWhole(this.#store, line, body, signal), signal)
  }

  async #begin(line: ObjectLine, bytes: number, put: () => Promise<Put>, signal: AbortSignal): Promise<void> {
    await this.#inFlight.begin(line.key, bytes, async () => {
      this.#underWay.add(line.key)
      const { version, attempts } = await put()
      const made = attempts > 1 ? await this.#onlyOne(line.key, version, signal) : version
      if (made !== undefined) return this.#note(line, made)
      throw new RestituteError('restore-failed', 's3: expected a delete marker, the service made none')
    })
  }

  /**
   * Removes what attempts whose answers were lost have made beside a version; where that is not known, it is the marker that
   * they made. No other upload of the key is on its way.
   */
  async #onlyOne(key: string, version: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    let kept = version
    for await (const one of listVersionsOf(this.#store, signal, key)) {
      if (one.version === kept || one.version === 'null' || this.#made.has(key, one.version)) continue
      if (kept === undefined && one.marker) kept = one.version
      else await this.#store.send(new DeleteObjectCommand(request(this.#store, one)), signal)
    }
    return kept
  }

  async #putLarge(line: ObjectLine, entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    await this.#inFlight.drain()
    this.#underWay.add(line.key)
    const bytes = Number(line['bytes'])
    this.#large ??= { line, upload: await MultipartUpload.begin(this.#store, line, bytes, signal) }
    const { upload } = this.#large
    await upload.take(entry.content(), signal)
    if (!upload.isComplete) return
    const version = await upload.complete(signal)
    if (this.#made.has(line.key, version))
      throw new RestituteError(
        'restore-failed',
        's3: expected a version of a large object, got the one before',
      )
    this.#note(line, version)
    this.#large = undefined
  }

  #note(line: ObjectLine, version: string): void {
    const { locks } = this.#store.location
    const lock = locks ? (line['lock'] as Made['lock']) : undefined
    this.#made.add({ key: line.key, version, lock, hold: locks && line['hold'] === true })
    this.#underWay.delete(line.key)
  }

  /** From now on the bucket keeps versions: objects that were put before have the version id `null`, as in the source. */
  async #keepVersions(signal: AbortSignal): Promise<void> {
    if (this.#versioned) return
    await this.#inFlight.drain()
    await this.#setVersioning('Enabled', signal)
    this.#versioned = true
  }

  async #setVersioning(Status: 'Enabled' | 'Suspended', signal: AbortSignal): Promise<void> {
    const command = { ...this.#store.bucket, VersioningConfiguration: { Status } }
    await this.#store.send(new PutBucketVersioningCommand(command), signal)
  }

  async #finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    await this.#inFlight.drain()
    let expected = 0
    let status: string | undefined
    for await (const item of items) {
      if (item.kind === 'object' || item.kind === 'delete-marker') expected++
      status ??= versioningIn(item)
    }
    if (this.#large || this.#made.count !== expected) {
      throw new RestituteError('restore-failed', `s3: expected ${expected} versions, got ${this.#made.count}`)
    }
    if (status === 'Enabled' || status === 'Suspended') await this.#setVersioning(status, signal)
    // What was put keeps others out from now on.
    await this.#target.claim.release(signal)
    await eachLimited(locksAtOnce, this.#made.all('locked'), (made, joint) => this.#lock(made, joint), signal)
  }

  async #lock(made: Made, signal: AbortSignal): Promise<void> {
    const which = request(this.#store, made)
    const retention = retentionIn(made)
    if (retention) {
      await this.#store.send(new PutObjectRetentionCommand({ ...which, Retention: retention }), signal)
    }
    if (!made.hold) return
    await this.#store.send(new PutObjectLegalHoldCommand({ ...which, LegalHold: { Status: 'ON' } }), signal)
  }

  /** Not to be interrupted: what would be left is not the client's bucket, and not empty either. */
  async #takeBack(): Promise<void> {
    const { signal } = new AbortController()
    await this.#inFlight.drain().catch(() => {})
    await this.#large?.upload.abort(signal)
    const kept = await this.#removeMade(signal)
    await this.#target.claim.release(signal)
    if (kept > 0)
      throw new RestituteError('restore-failed', `${counted(kept, 'version')} had got a lock or a hold`)
    if (this.#target.made) await removeBucket(this.#store, signal)
    else if (this.#versioned) await this.#setVersioning('Suspended', signal)
  }

  /** Gives how many versions a lock or a hold keeps. */
  async #removeMade(signal: AbortSignal): Promise<number> {
    let kept = 0
    const remove = async (batch: readonly VersionKey[]): Promise<void> => {
      if (batch.length > 0) kept += (await deleteBatch(this.#store, batch, false, signal)).retained.length
    }
    let batch: Made[] = []
    for (const made of this.#made.all('all')) {
      if (batch.push(made) < batchSize) continue
      await remove(batch)
      batch = []
    }
    await remove(batch)
    for (const key of this.#underWay)
      await remove(await Array.fromAsync(listVersionsOf(this.#store, signal, key)))
    return kept
  }

  #left(cause: unknown): never {
    const place = nameOf(this.#store.location)
    const reason = cause instanceof RestituteError ? cause.message : reasonOf(cause)
    throw new RestituteError(
      'restore-failed',
      `${place}: what was put there was not all taken back: ${reason}`,
      {
        cause,
        hint: `empty ${place}: what was restored lies there in clear`,
      },
    )
  }

  async #wrapped(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (cause) {
      const error = asRestituteError(cause)
      if (cause instanceof RestituteError || error.code === 'interrupted') throw error
      const place = nameOf(this.#store.location)
      throw new RestituteError('restore-failed', `restoration to ${place}: ${reasonOf(cause)}`, { cause })
    }
  }
}

/** The lock that a version is to have, unless it has ended by now: the service would refuse it. */
function retentionIn({ lock }: Made): ObjectLockRetention | undefined {
  const { mode, until } = lock ?? {}
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || typeof until !== 'string') return undefined
  const RetainUntilDate = new Date(until)
  return RetainUntilDate > new Date() ? { Mode: mode, RetainUntilDate } : undefined
}

async function readLines(entry: RestoredEntry): Promise<ReadonlyMap<string, ObjectLine>> {
  const text = Buffer.concat(await Array.fromAsync(entry.content(), (chunk) => Buffer.from(chunk))).toString()
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => JSON.parse(line) as ObjectLine).map((line) => [line.id, line]))
}
