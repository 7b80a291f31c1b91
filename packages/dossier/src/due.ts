import { isoTime } from '@restitute/core'
import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { after, deadlineOf } from './deadlines.ts'
import { floorsOf } from './floors.ts'
import { eventsFor, type OperationState, operationsOf, stateOf } from './operation-state.ts'

/** What somebody has to do next. */
export type DueActionName =
  | 'export'
  | 'deliver'
  | 'acknowledge'
  | 'remind-client'
  | 'escalate'
  | 'answer-contest'
  | 'give-notice'
  | 'wait-floors'
  | 'authorise'
  | 'destroy'
  | 'certify'
  | 'certify-final'

/** One thing to do, by whom and until when. */
export interface DueAction {
  readonly operation: string
  readonly action: DueActionName
  readonly by: 'host' | 'client'
  /** Absent where no deadline applies. For `wait-floors`: when the last floor ends. */
  readonly due?: IsoTime
  readonly overdue: boolean
  /** Rules, or `contract`, that the deadline comes from. */
  readonly rules: readonly string[]
}

type Due = Omit<DueAction, 'operation' | 'overdue'>

// After the delivery: when silence goes to the referent whom EXI 25 names.
const escalation = 'P7D'

/**
 * What is due in every operation that is not finished, by operation. Silence of the client is never an
 * authorisation: it leads to `remind-client`, then `escalate`, and to nothing else (R31). Pure.
 */
export function dueActions(terms: LoadedContract, events: readonly LedgerEvent[], now: Date): DueAction[] {
  return operationsOf(events).flatMap((operation) =>
    dueIn(terms, events, stateOf(events, operation), now).map((due) => ({
      operation,
      ...due,
      overdue: due.action !== 'wait-floors' && due.due !== undefined && due.due < isoTime(now),
    })),
  )
}

function dueIn(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): Due[] {
  const contested = state.held.map((event) => answer(event))
  switch (state.stage) {
    case undefined:
    case 'requested':
    case 'scoped':
    case 'exporting':
      return [...contested, untilRestitution(terms, events, state, 'export')]
    case 'exported':
      return [...contested, untilRestitution(terms, events, state, 'deliver')]
    case 'delivered':
      return [...contested, ...untilAcknowledged(terms, state, now)]
    case 'acknowledged':
    case 'notified':
      return [...contested, ...untilAuthorised(terms, events, state, now)]
    case 'authorised':
      return [
        ...contested,
        ...waiting(terms, events, state, now),
        { action: 'destroy', by: 'host', rules: [] },
      ]
    case 'destroying':
      return [...contested, { action: 'certify', by: 'host', rules: [] }]
    case 'certified-partial':
      return [untilFinal(terms, events, state)]
    case 'certified':
      return []
  }
}

function answer({ at }: LedgerEvent): Due {
  return { action: 'answer-contest', by: 'host', due: at, rules: [] }
}

function untilRestitution(
  { contract }: LoadedContract,
  events: readonly LedgerEvent[],
  { operation }: OperationState,
  action: 'export' | 'deliver',
): Due {
  const requested = eventsFor(events, operation).find(({ type }) => type === 'requested')
  const deadline = deadlineOf(contract, 'restitution')
  if (requested === undefined || deadline === undefined) return { action, by: 'host', rules: [] }
  return { action, by: 'host', due: after(requested.at, deadline.duration), rules: deadline.rules }
}

function untilAcknowledged({ contract }: LoadedContract, { delivery }: OperationState, now: Date): Due[] {
  const deadline = deadlineOf(contract, 'acknowledgement')
  if (delivery === undefined || deadline === undefined)
    return [{ action: 'acknowledge', by: 'client', rules: [] }]
  const due = after(delivery.at, deadline.duration)
  const { rules } = deadline
  const awaited: Due[] = [{ action: 'acknowledge', by: 'client', due, rules }]
  if (isoTime(now) >= due) awaited.push({ action: 'remind-client', by: 'host', due, rules })
  const later = after(delivery.at, escalation)
  if (isoTime(now) >= later && later > due)
    awaited.push({ action: 'escalate', by: 'host', due: later, rules })
  return awaited
}

function untilAuthorised(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): Due[] {
  const deadline = deadlineOf(terms.contract, 'notice')
  const notice: Due[] =
    deadline === undefined || state.notice !== undefined || state.waived.includes('notice')
      ? []
      : [{ action: 'give-notice', by: 'host', rules: deadline.rules }]
  return [...notice, ...waiting(terms, events, state, now), { action: 'authorise', by: 'host', rules: [] }]
}

function waiting(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  { operation }: OperationState,
  now: Date,
): Due[] {
  const running = floorsOf(terms, events, operation, now).filter(
    ({ elapsed, until }) => !elapsed && until !== undefined,
  )
  const last = running.toSorted((a, b) => (String(a.until) < String(b.until) ? -1 : 1)).at(-1)
  return last?.until === undefined
    ? []
    : [{ action: 'wait-floors', by: 'host', due: last.until, rules: last.rules }]
}

/** When rotation will have removed the last copy that the contract declares. */
function untilFinal(
  { contract }: LoadedContract,
  events: readonly LedgerEvent[],
  { operation }: OperationState,
): Due {
  const started = eventsFor(events, operation).find(({ type }) => type === 'destruction-started')
  const rotations = contract.instances.flatMap(({ copies }) =>
    (copies ?? []).flatMap(({ rotation }) => rotation ?? []),
  )
  const ends = started === undefined ? [] : rotations.map((rotation) => after(started.at, rotation)).sort()
  const last = ends.at(-1)
  return {
    action: 'certify-final',
    by: 'host',
    rules: last === undefined ? [] : ['contract'],
    ...(last === undefined ? {} : { due: last }),
  }
}
