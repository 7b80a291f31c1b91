import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { isoTime, type Kept } from '@restitute/core'
import { statusOf } from '../errors.ts'
import { request, type VersionKey } from '../facts.ts'
import type { Store } from '../store.ts'

/** Why a version may not be deleted now: a legal hold has no date. */
export interface Retention {
  readonly until?: Date
}

/** The lock on a version, if it forbids deletion now; one of mode GOVERNANCE gives way where the order says so. */
export async function retentionOf(
  store: Store,
  which: VersionKey,
  bypassGovernance: boolean,
  signal: AbortSignal,
): Promise<Retention | undefined> {
  const answer = await store
    .send(new HeadObjectCommand(request(store, which)), signal)
    .catch((error: unknown) => {
      // A delete marker has no lock, and what has gone has none either.
      if (statusOf(error) !== 404 && statusOf(error) !== 405) throw error
    })
  if (answer?.ObjectLockLegalHoldStatus === 'ON') return {}
  const until = answer?.ObjectLockRetainUntilDate
  if (until === undefined || until <= new Date()) return undefined
  return bypassGovernance && answer?.ObjectLockMode === 'GOVERNANCE' ? undefined : { until }
}

/** Counts what stays: what has a date apart from what has none. */
export class Retained {
  #dated = 0
  #held = 0
  #until: Date | undefined

  add({ until }: Retention): void {
    if (until === undefined) this.#held++
    else this.#dated++
    if (until && (this.#until === undefined || until > this.#until)) this.#until = until
  }

  get count(): number {
    return this.#dated + this.#held
  }

  get kept(): Kept[] {
    const dated = { reason: 'legally-retained' as const, count: this.#dated }
    return [
      ...(this.#until ? [{ ...dated, until: isoTime(nextSecond(this.#until)) }] : []),
      ...(this.#held > 0 ? [{ reason: 'legally-retained' as const, count: this.#held }] : []),
    ]
  }
}

/** Never earlier than the lock ends. */
function nextSecond(time: Date): Date {
  return new Date(Math.ceil(time.getTime() / 1000) * 1000)
}
