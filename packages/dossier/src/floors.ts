import { isoTime } from '@restitute/core'
import type { DeadlineName, IsoTime, LedgerEvent, Milestone } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { type AskedTerm, type Bound, boundOf, termsOf } from './deadlines/terms.ts'
import { type OperationState, stateOf } from './operation-state.ts'
import { type Start, startOf } from './starts.ts'

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
  readonly clock: Start['clock']
  /** Waived by a document that the client signed. */
  readonly waived: boolean
  /** Over, or waived. */
  readonly elapsed: boolean
}

const floorNames: readonly FloorName[] = ['acknowledgement', 'notice', 'retrieval']

/**
 * The floors that the contract sets, each with what is known of it (R31, R40). Acknowledgement window and
 * retrieval period run from the delivery, the notice period from the notice: from the host's event, or from a
 * later stamp or signature of the client (see `startOf`), on which the host's word has no part. A floor without its event has not elapsed. What a rule does not let the client waive is not waived. Pure.
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
  terms: LoadedContract,
  state: OperationState,
  name: FloorName,
  now: Date,
): Floor | undefined {
  const all = floorsNamed(terms, name)
  const waives = state.waived.some((one) => one === name)
  const kept = waives ? all.filter(({ waivable }) => !waivable) : all
  const waived = kept.length === 0
  const bound = binding(waived ? all : kept, (from) => startOf(terms, state, from))
  if (bound === undefined) return undefined
  const { term, rules, until, start } = bound
  const over = until !== undefined && isoTime(now) >= until
  return {
    name,
    duration: term.duration,
    rules,
    ...(start === undefined || until === undefined ? {} : { from: start.at, until }),
    clock: start?.clock ?? "host's clock",
    waived,
    elapsed: over || waived,
  }
}

function floorsNamed({ contract }: LoadedContract, wanted: DeadlineName): AskedTerm[] {
  return termsOf(contract).filter(
    ({ name, bound, to }) => name === wanted && bound === 'floor' && to === 'destroyed',
  )
}

interface Binding extends Pick<Bound, 'term' | 'rules'> {
  readonly until?: IsoTime
  readonly start?: Start
}

/** The floor that binds; the longest by itself while none of their clocks runs. */
function binding(
  terms: readonly AskedTerm[],
  start: (from: Milestone) => Start | undefined,
): Binding | undefined {
  const found = boundOf(terms, 'floor', ({ from }) => start(from)?.at)
  const begun = found && start(found.term.from)
  if (found !== undefined && begun !== undefined) return { ...found, start: begun }
  const longest = boundOf(terms, 'floor', () => isoTime(new Date(0)))
  return longest && { term: longest.term, rules: longest.rules }
}
