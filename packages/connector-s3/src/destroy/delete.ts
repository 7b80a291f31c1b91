import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3'
import { RestituteError } from '@restitute/core'
import { isGone, reasonOf } from '../errors.ts'
import { request, type VersionKey } from '../facts.ts'
import { nameOf } from '../location.ts'
import type { Store } from '../store.ts'
import { type Retention, retentionOf } from './retention.ts'

/** So many versions one request may name. */
export const batchSize = 1000

/** What became of a batch. */
export interface Deleted {
  readonly count: number
  /** The service's own number of the request. */
  readonly request?: string
  readonly retained: readonly Retention[]
}

/** A version that the service did not delete. */
interface Refusal {
  readonly which: VersionKey
  readonly code: string
}

/**
 * Deletes versions and delete markers for good. What a lock or a hold forbids is told apart; any other refusal is
 * `destroy-failed`. What has gone already is no error.
 */
export async function deleteBatch(
  store: Store,
  batch: readonly VersionKey[],
  bypassGovernance: boolean,
  signal: AbortSignal,
): Promise<Deleted> {
  const single = batch.length === 1 || batch.some(({ key }) => !fitsXml(key))
  const { refusals, request: id } = single
    ? await deleteSingly(store, batch, bypassGovernance, signal)
    : await deleteTogether(store, batch, bypassGovernance, signal)
  const retained: Retention[] = []
  for (const { which, code } of refusals) {
    const retention = await retentionOf(store, which, bypassGovernance, signal)
    if (retention === undefined) throw refused(store, code)
    retained.push(retention)
  }
  return { count: batch.length - retained.length, ...(id !== undefined && { request: id }), retained }
}

/** A request names its keys in XML, which has no place for control characters. */
function fitsXml(key: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\ufffe\uffff]/.test(key)
}

async function deleteTogether(
  store: Store,
  batch: readonly VersionKey[],
  bypass: boolean,
  signal: AbortSignal,
): Promise<{ refusals: Refusal[]; request?: string | undefined }> {
  const Objects = batch
    .map((which) => request(store, which))
    .map(({ Key, VersionId }) => ({ Key, VersionId }))
  const { Errors = [], $metadata } = await store.send(
    new DeleteObjectsCommand({
      ...store.bucket,
      Delete: { Objects, Quiet: true },
      ...(bypass && { BypassGovernanceRetention: true }),
    }),
    signal,
  )
  const prefix = store.location.prefix.length
  const refusals = Errors.filter(({ Code }) => !/^NoSuch(Key|Version)$/.test(Code ?? '')).map(
    ({ Key = '', VersionId = 'null', Code = 'unknown error' }) => ({
      which: { key: Key.slice(prefix), version: VersionId },
      code: Code,
    }),
  )
  return { refusals, request: $metadata.requestId }
}

async function deleteSingly(
  store: Store,
  batch: readonly VersionKey[],
  bypass: boolean,
  signal: AbortSignal,
): Promise<{ refusals: Refusal[]; request?: string | undefined }> {
  const refusals: Refusal[] = []
  let last: string | undefined
  for (const which of batch) {
    const command = { ...request(store, which), ...(bypass && { BypassGovernanceRetention: true }) }
    try {
      last = (await store.send(new DeleteObjectCommand(command), signal)).$metadata.requestId
    } catch (error) {
      if (signal.aborted) throw error
      if (!isGone(error)) refusals.push({ which, code: reasonOf(error) })
    }
  }
  return { refusals, request: last }
}

function refused(store: Store, code: string): RestituteError {
  return new RestituteError(
    'destroy-failed',
    `${nameOf(store.location)}: the service did not delete a version: ${code}`,
    {
      hint: 'the destroyer needs s3:DeleteObjectVersion, and s3:BypassGovernanceRetention where the order lifts locks',
    },
  )
}
