import { isoTime } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import { approvalProblem } from '../approval.ts'
import type { LoadedContract } from '../contract/loaded.ts'
import { authorisersNeeded } from '../contract/warnings.ts'
import { bodyText } from '../event-body.ts'
import type { LogState } from '../log/review.ts'
import { eventsFor, type OperationState, operationsOf, stateOf } from '../operation-state.ts'
import { orderSigners } from '../order-signers.ts'
import { caseActions } from './case.ts'
import type { Due, DueAction } from './due-action.ts'
import { incidentActions } from './incidents.ts'
import { logActions } from './log.ts'
import {
  onRequest,
  untilAcknowledged,
  untilAuthorised,
  untilDestroyed,
  untilFinal,
  untilRestitution,
  waiting,
} from './until.ts'

/**
 * What is due in the case and in every operation that is not finished, by operation. Silence of the client is
 * never an authorisation: it leads to reminders, to the referent, to a registered notice, and in the end to
 * `keep-held` and to nothing else (R31). Pure.
 */
export function dueActions(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  now: Date,
  log: LogState = {},
): DueAction[] {
  const of = (operation: string, all: readonly Due[]): DueAction[] =>
    all.map((due) => ({ operation, ...due, overdue: isOverdue(due, now) }))
  const operations = operationsOf(events)
  // Incidents of the whole case are every operation's; before the first one they would be nobody's.
  const incidents = operations.length > 0 ? [] : incidentActions(stateOf(events, 'dossier'))
  return [
    ...operations.flatMap((operation) =>
      of(operation, dueIn(terms, events, stateOf(events, operation), now)),
    ),
    ...of('dossier', [...incidents, ...caseActions(terms, events, now), ...logActions(terms, log, now)]),
  ]
}

function isOverdue({ action, due }: Due, now: Date): boolean {
  return action !== 'wait-floors' && due !== undefined && due < isoTime(now)
}

function dueIn(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): Due[] {
  const first = [...state.held.filter(isObjection).map(answer), ...incidentActions(state)]
  switch (state.stage) {
    case undefined:
    case 'requested':
    case 'scoped':
    case 'exporting': {
      const approval = untilApproved(terms, events, state)
      return [...first, ...approval, ...onRequest(terms, state), untilRestitution(terms, state, 'export')]
    }
    case 'exported':
      return [...first, ...untilApproved(terms, events, state), untilRestitution(terms, state, 'deliver')]
    case 'delivered':
      return [...first, ...untilAcknowledged(terms, events, state, now)]
    case 'acknowledged':
    case 'notified':
      return [...first, ...untilAuthorised(terms, events, state, now)]
    case 'authorised': {
      const next = isAuthorised(terms, events, state, now) ? 'destroy' : 'authorise'
      return [...first, ...waiting(terms, events, state, now), untilDestroyed(terms, state, next)]
    }
    case 'destroying':
      return [...first, untilDestroyed(terms, state, 'certify')]
    case 'certified-partial':
      return [...first, untilFinal(terms, events, state)]
    case 'certified':
      return first
  }
}

/** Whether the newest order bears as many signatures as the contract asks for, and still stands. */
function isAuthorised(
  { contract }: LoadedContract,
  events: readonly LedgerEvent[],
  { operation, orderSha256 }: OperationState,
  now: Date,
): boolean {
  const own = eventsFor(events, operation)
  const written = own.findLast(({ type }) => type === 'order-written')
  const isOver = bodyText(written?.body ?? {}, 'expiresAt') <= isoTime(now)
  return !isOver && orderSigners(own, orderSha256).size >= authorisersNeeded(contract)
}

/** Whoever exports or delivers is not known yet: an approval that anybody could act on is enough here. */
function untilApproved(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  { operation }: OperationState,
): Due[] {
  const problem = approvalProblem({ terms, events, operation, person: '' })
  return problem === undefined ? [] : [{ action: 'approve-export', by: 'host', rules: ['SEC-EXP-2'] }]
}

function isObjection({ type }: LedgerEvent): boolean {
  return type !== 'incident'
}

function answer({ at, sequence }: LedgerEvent): Due {
  return { action: 'answer-contest', by: 'host', due: at, rules: [], event: sequence }
}
