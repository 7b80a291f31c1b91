import { type Prober, type Sighting, type SourceSpec, throwIfInterrupted } from '@restitute/core'
import { shownKey } from '@restitute/s3-client'
import { ahead } from '../ahead.ts'
import { reasonOf } from '../errors.ts'
import { type Listed, listVersions } from '../listing.ts'
import { Store } from '../store.ts'
import { Retained, retentionOf } from './retention.ts'
import { uploadsToGiveUp } from './uploads.ts'

const limits = [
  'it asked the service alone: not for backups, replicas or storage that is not yet freed',
  'what the rights of this account hide cannot be seen',
]
const looksAtOnce = 32

/**
 * Looks for a bucket, or for what lies below its prefix, with rights to read alone. `absent`: the service says that there is
 * no such bucket, or nothing is below the prefix. Whatever was refused is `could-not-check`. Of a bucket that is still there,
 * every version is looked at: only when a lock or a hold keeps each of them is all that is left kept. An upload that may have
 * become such a version is one with it.
 */
export function s3Prober(source: SourceSpec): Prober {
  const store = new Store(source)
  return {
    look: (signal) => look(store, shownKey(source.secret), signal),
    [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
  }
}

async function look(store: Store, identity: string, signal: AbortSignal): Promise<Sighting> {
  const looked: string[] = []
  // On Ceph the buckets of each tenant have names of their own.
  const report = { identity, namesOfAccount: true as const, looked, limits }
  try {
    if (!(await noted('HeadBucket', looked, store.exists(signal)))) return { ...report, state: 'absent' }
    const { versions, retained, uploads } = await noted(
      'ListObjectVersions, ListMultipartUploads',
      looked,
      left(store, signal),
    )
    looked.push(`${versions} versions and delete markers, ${uploads} incomplete uploads`)
    if (versions + uploads === 0 && store.location.prefix !== '') return { ...report, state: 'absent' }
    const fingerprint = await noted('GetBucketAcl', looked, store.fingerprint(signal))
    const allKept = versions > 0 && uploads === 0 && retained.count === versions
    return { ...report, state: 'present', fingerprint, ...(allKept && { kept: retained.kept }) }
  } catch {
    throwIfInterrupted(signal)
    return { ...report, state: 'could-not-check' }
  }
}

interface Left {
  readonly versions: number
  readonly uploads: number
  readonly retained: Retained
}

async function left(store: Store, signal: AbortSignal): Promise<Left> {
  const retained = new Retained()
  let [versions, uploads] = [0, 0]
  const retention = (one: Listed) => retentionOf(store, one, false, signal)
  const reach = { most: looksAtOnce, bytes: 0, weigh: () => 0 }
  for await (const found of ahead(listVersions(store, signal), retention, reach)) {
    versions++
    if (found) retained.add(found)
  }
  for await (const _ of uploadsToGiveUp(store, false, signal)) uploads++
  return { versions, uploads, retained }
}

/** Writes down a step and what came of it. */
async function noted<T>(step: string, looked: string[], call: Promise<T>): Promise<T> {
  try {
    const result = await call
    looked.push(`${step}: answered`)
    return result
  } catch (error) {
    looked.push(`${step}: ${reasonOf(error)}`)
    throw error
  }
}
