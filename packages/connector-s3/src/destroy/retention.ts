import { GetObjectLegalHoldCommand, GetObjectRetentionCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { isoTime, type Kept } from '@restitute/core'
import { codeOf, statusOf } from '../errors.ts'
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
  const lock = await lockOn(store, which, signal)
  if (lock.hold === 'ON') return {}
  if (lock.until === undefined || lock.until <= new Date()) return undefined
  return bypassGovernance && lock.mode === 'GOVERNANCE' ? undefined : { until: lock.until }
}

/** What the service says of the lock of a version. */
interface Lock {
  readonly mode?: string | undefined
  readonly until?: Date | undefined
  readonly hold?: string | undefined
}

async function lockOn(store: Store, which: VersionKey, signal: AbortSignal): Promise<Lock> {
  try {
    const answer = await store.send(new HeadObjectCommand(request(store, which)), signal)
    const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = answer
    return { mode, until, hold }
  } catch (error) {
    const status = statusOf(error)
    // A delete marker has no lock, and what has gone has none either.
    if (status === 404 || status === 405) return {}
    if (status === 400) return lockOfClosed(store, which, signal)
    throw error
  }
}

/** Of an object whose key the customer holds, the service tells nothing without that key but its lock and its hold. */
async function lockOfClosed(store: Store, which: VersionKey, signal: AbortSignal): Promise<Lock> {
  const one = request(store, which)
  const lock = await store.send(new GetObjectRetentionCommand(one), signal).catch(noLock)
  const held = await store.send(new GetObjectLegalHoldCommand(one), signal).catch(noLock)
  const { Mode: mode, RetainUntilDate: until } = lock?.Retention ?? {}
  return { mode, until, hold: held?.LegalHold?.Status }
}

/** It has none, its bucket knows none, or the service. */
function noLock(error: unknown): undefined {
  const status = statusOf(error)
  if (status === 404 || status === 501 || codeOf(error) === 'InvalidRequest') return undefined
  throw error
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
