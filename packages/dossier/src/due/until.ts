import type { DeadlineName, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { type AskedTerm, boundOf, termsOf } from '../deadlines/terms.ts'
import { floorsOf } from '../floors.ts'
import { eventsFor, type OperationState } from '../operation-state.ts'
import { receiptDue, silence } from '../silence.ts'
import { after, startOf } from '../starts.ts'
import type { Due } from './due-action.ts'

/*
 * What an operation waits for in each of its stages.
 */

const requestActions: readonly (readonly [DeadlineName, Due['action']])[] = [
  ['answer', 'answer-request'],
  ['justification', 'justify-delay'],
]

/** What a rule wants said to the client while nothing is exported yet. */
export function onRequest(terms: LoadedContract, state: OperationState): Due[] {
  return requestActions.flatMap(([name, action]) => {
    const bound = ceilingOf(terms, state, termsOf(terms.contract), name)
    return 'due' in bound ? [{ action, by: 'host' as const, ...bound }] : []
  })
}

/** The end of the shortest ceiling of that name, where one runs. */
function ceilingOf(
  terms: LoadedContract,
  state: OperationState,
  all: readonly AskedTerm[],
  wanted: DeadlineName,
): Pick<Due, 'due' | 'rules'> {
  const asked = all.filter(({ name }) => name === wanted)
  const bound = boundOf(asked, 'ceiling', ({ from }) => startOf(terms, state, from)?.at)
  return bound === undefined ? { rules: [] } : { due: bound.until, rules: bound.rules }
}

/** The export or the delivery, with the end of the shortest time for it. */
export function untilRestitution(
  terms: LoadedContract,
  state: OperationState,
  action: 'export' | 'deliver',
): Due {
  const asked = termsOf(terms.contract)
  const stated = ceilingOf(terms, state, asked, 'restitution')
  if ('due' in stated || !isOnDemand(state)) return { action, by: 'host', ...stated }
  return { action, by: 'host', ...ceilingOf(terms, state, [onDemand], 'restitution') }
}

function isOnDemand({ requests }: OperationState): boolean {
  return requests.some(({ body }) => body['reason'] === 'on-demand')
}

/** A partial restitution is owed in thirty days even where the contract names no time for it (R8). */
const onDemand: AskedTerm = {
  rule: 'on-demand',
  name: 'restitution',
  bound: 'ceiling',
  from: 'requested',
  to: 'delivered',
  duration: 'P30D',
  days: 'calendar',
  waivable: true,
}

/** So is a destruction on demand, from the signed consent that it needs. */
const destructionOnDemand: AskedTerm = {
  ...onDemand,
  name: 'destruction',
  from: 'consented',
  to: 'destroyed',
}

/** The client's receipt, and what its silence calls for. */
export function untilAcknowledged(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): Due[] {
  const awaited = receiptDue(terms, state)
  const rules = awaited?.rules ?? []
  const steps = silence(terms, events, state, now).map(({ action, due }): Due => {
    const contact = action === 'escalate' ? referentOf(terms) : undefined
    return { action, by: 'host', due, rules, ...(contact === undefined ? {} : { contact }) }
  })
  return [{ action: 'acknowledge', by: 'client', rules, ...(awaited && { due: awaited.due }) }, ...steps]
}

/** Whom EXI 25 names; the first contact where the contract marks none. */
function referentOf({ contract }: LoadedContract): string | undefined {
  const { contacts = [] } = contract.parties.client
  return (contacts.find(({ referent }) => referent === true) ?? contacts[0])?.name
}

/** The notice, the floors that still run, the order. */
export function untilAuthorised(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): Due[] {
  const asked = termsOf(terms.contract).filter(({ name }) => name === 'notice')
  const notice: Due[] =
    asked.length === 0 || state.notice !== undefined || state.waived.includes('notice')
      ? []
      : [{ action: 'give-notice', by: 'host', rules: asked.map(({ rule }) => rule) }]
  return [...notice, ...waiting(terms, events, state, now), untilDestroyed(terms, state, 'authorise')]
}

/** The order, the destruction or the first certificate; the destruction with the end of the shortest time for it. */
export function untilDestroyed(
  terms: LoadedContract,
  state: OperationState,
  action: 'authorise' | 'destroy' | 'certify',
): Due {
  if (action !== 'destroy') return { action, by: 'host', rules: [] }
  const stated = ceilingOf(terms, state, termsOf(terms.contract), 'destruction')
  if ('due' in stated || !isOnDemand(state)) return { action, by: 'host', ...stated }
  return { action, by: 'host', ...ceilingOf(terms, state, [destructionOnDemand], 'destruction') }
}

/** The end of the last floor that still runs. */
export function waiting(
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
export function untilFinal(
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
