import { isoTime } from '@restitute/core'
import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { after, deadlineOf } from './deadlines.ts'
import { type OperationState, stateOf } from './operation-state.ts'

/** A period that must have passed before anything is destroyed. */
export type FloorName = 'acknowledgement' | 'notice' | 'retrieval'

/** One floor of an operation, judged. */
export interface Floor {
  readonly name: FloorName
  /** ISO 8601: the longest of the contract's own and its rules'. */
  readonly duration: string
  /** Rules, or `contract`, that ask for that duration. */
  readonly rules: readonly string[]
  /** What it is counted from; absent while that has not happened. */
  readonly from?: IsoTime
  readonly until?: IsoTime
  /** On whose word `from` rests; documents repeat it. */
  readonly clock: 'client-signed' | "host's clock"
  /** Waived by a document that the client signed. */
  readonly waived: boolean
  /** Over, or waived. */
  readonly elapsed: boolean
}

const floorNames: readonly FloorName[] = ['acknowledgement', 'notice', 'retrieval']

/**
 * The floors that the contract sets, each with what is known of it (R31, R40). Acknowledgement window and
 * retrieval period run from the delivery, the notice period from the notice. Where the client has signed the
 * receipt (or countersigned the notice) at a later time than the host's event says, it runs from that time,
 * on the client's word: the host alone can write an early event, but not an early signature of the client. A
 * floor without its event has not elapsed. Pure.
 */
export function floorsOf(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  operation: string,
  now: Date,
): Floor[] {
  const state = stateOf(events, operation)
  return floorNames.flatMap((name) => floorOf(terms, state, name, now) ?? [])
}

function floorOf(
  { contract }: LoadedContract,
  state: OperationState,
  name: FloorName,
  now: Date,
): Floor | undefined {
  const deadline = deadlineOf(contract, name)
  if (deadline === undefined) return undefined
  const { from, clock } = startOf(state, name)
  const until = from === undefined ? undefined : after(from, deadline.duration)
  const waived = name !== 'acknowledgement' && state.waived.includes(name)
  const over = until !== undefined && isoTime(now) >= until
  return {
    name,
    ...deadline,
    ...(from === undefined || until === undefined ? {} : { from, until }),
    clock,
    waived,
    elapsed: over || waived,
  }
}

interface Start {
  readonly from?: IsoTime
  readonly clock: Floor['clock']
}

function startOf(state: OperationState, name: FloorName): Start {
  const event = name === 'notice' ? state.notice : state.delivery
  if (event === undefined) return { clock: "host's clock" }
  const signedAt = (name === 'notice' ? event : state.acknowledgement)?.body['signedAt']
  if (typeof signedAt === 'string' && signedAt >= event.at) return { from: signedAt, clock: 'client-signed' }
  return { from: event.at, clock: "host's clock" }
}
