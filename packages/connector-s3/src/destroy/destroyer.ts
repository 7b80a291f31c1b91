import { AbortMultipartUploadCommand, DeleteBucketCommand } from '@aws-sdk/client-s3'
import {
  asRestituteError,
  type Destroyer,
  type DestroyerOptions,
  type DestroyStep,
  RestituteError,
  type SourceSpec,
} from '@restitute/core'
import { ahead } from '../ahead.ts'
import { isGone, reasonOf, unreachable } from '../errors.ts'
import { type Listed, listVersions } from '../listing.ts'
import { nameOf } from '../location.ts'
import { Store } from '../store.ts'
import { batchSize, deleteBatch } from './delete.ts'
import { madeBefore, refuseLate, type ServiceTime, serviceTime } from './late.ts'
import { methodOf } from './limits.ts'
import { Retained, retentionOf } from './retention.ts'
import { uploadsToGiveUp } from './uploads.ts'

const batchesAtOnce = 4
const looksAtOnce = 32

/**
 * Deletes every version, delete marker and incomplete upload, then the bucket itself; below a prefix, the bucket stays. What
 * locks and legal holds keep stays, an upload that may have become such a version with it, and is said in a step of its own; then
 * the bucket stays, too. Steps name the bucket
 * and carry the service's request ids, never a key. A bucket that is gone yields no step; after an interruption
 * the same call goes on with what is left. What was made since it was opened stays, and nothing is begun then: whoever compared the
 * bucket with what was delivered may not have seen it. Throws `destroy-failed`.
 */
export async function s3Destroyer(
  source: SourceSpec,
  { bypassGovernance = false }: { readonly bypassGovernance?: boolean } | DestroyerOptions,
  signal: AbortSignal,
): Promise<Destroyer> {
  const store = new Store(source)
  try {
    const since = await serviceTime(store, signal)
    const [fingerprint, method] = [await store.fingerprint(signal), await methodOf(store, signal)]
    return {
      fingerprint,
      method,
      plan: (s) => wrapped(store, plan(store, bypassGovernance, s), s),
      destroy: (s) => wrapped(store, destroy(store, since, bypassGovernance, s), s),
      [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
    }
  } catch (error) {
    store[Symbol.dispose]()
    throw unreachable(store.location, error, signal)
  }
}

async function* plan(store: Store, bypass: boolean, signal: AbortSignal): AsyncIterable<DestroyStep> {
  if (!(await store.exists(signal))) return
  const object = nameOf(store.location)
  const retained = new Retained()
  let versions = 0
  const look = (one: Listed) => retentionOf(store, one, bypass, signal)
  const reach = { most: looksAtOnce, bytes: 0, weigh: () => 0 }
  for await (const retention of ahead(listVersions(store, signal), look, reach)) {
    if (retention) retained.add(retention)
    else versions++
  }
  let uploads = 0
  for await (const _ of uploadsToGiveUp(store, bypass, signal)) uploads++
  if (versions > 0) yield { action: 'delete versions and delete markers', object, count: versions }
  if (uploads > 0) yield { action: 'abort incomplete uploads', object, count: uploads }
  for (const kept of retained.kept) yield { action: 'keep what a lock or hold keeps', object, kept }
  if (retained.count === 0 && store.location.prefix === '') yield { action: 'delete the bucket', object }
}

async function* destroy(
  store: Store,
  since: ServiceTime,
  bypass: boolean,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  if (!(await store.exists(signal))) return
  const object = nameOf(store.location)
  // What half a destruction has left is no source of which the changes could be exported.
  await refuseLate(store, since, listVersions(store, signal))
  yield* abortUploads(store, bypass, object, signal)
  const retained = new Retained()
  const versions = madeBefore(store, since, listVersions(store, signal))
  const work = (batch: readonly Listed[]) => deleteBatch(store, batch, bypass, signal)
  const reach = { most: batchesAtOnce, bytes: 0, weigh: () => 0 }
  for await (const { count, request, retained: kept } of ahead(batches(versions), work, reach)) {
    kept.forEach((retention) => retained.add(retention))
    if (count > 0) {
      yield {
        action: 'delete versions and delete markers',
        object,
        count,
        ...(request !== undefined && { request }),
      }
    }
  }
  for (const kept of retained.kept) yield { action: 'keep what a lock or hold keeps', object, kept }
  if (retained.count > 0 || store.location.prefix !== '') return
  const { $metadata } = await store.send(new DeleteBucketCommand(store.bucket), signal)
  yield {
    action: 'delete the bucket',
    object,
    ...($metadata.requestId !== undefined && { request: $metadata.requestId }),
  }
}

async function* abortUploads(
  store: Store,
  bypass: boolean,
  object: string,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  for await (const { key, id } of uploadsToGiveUp(store, bypass, signal)) {
    const which = { ...store.bucket, Key: store.location.prefix + key, UploadId: id }
    const answer = await store
      .send(new AbortMultipartUploadCommand(which), signal)
      .catch((error: unknown) => {
        if (!isGone(error)) throw error
      })
    const request = answer?.$metadata.requestId
    yield {
      action: 'abort an incomplete upload',
      object,
      count: 1,
      ...(request !== undefined && { request }),
    }
  }
}

/** Keys that do not fit into a request for many come alone. */
async function* batches(listing: AsyncIterable<Listed>): AsyncIterable<readonly Listed[]> {
  let batch: Listed[] = []
  for await (const one of listing) {
    if (batch.push(one) < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** What the service says as `destroy-failed`. */
async function* wrapped(
  store: Store,
  steps: AsyncIterable<DestroyStep>,
  signal: AbortSignal,
): AsyncIterable<DestroyStep> {
  try {
    yield* steps
  } catch (cause) {
    if (signal.aborted || cause instanceof RestituteError) throw asRestituteError(cause)
    throw new RestituteError('destroy-failed', `${nameOf(store.location)}: ${reasonOf(cause)}`, { cause })
  }
}
