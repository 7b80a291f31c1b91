import type { LedgerEvent } from '@restitute/manifest'
import { type Certification, certificationOf, isReversibilityUsed } from '../certification.ts'
import type { LoadedContract } from '../contract/loaded.ts'
import { operationsOf, stateOf } from '../operation-state.ts'
import type { Due } from './due-action.ts'

/** What is due in the whole case: the host's certification (R46), and the roles once everything is over (SEC-HAB). */
export function caseActions(terms: LoadedContract, events: readonly LedgerEvent[], now: Date): Due[] {
  return [...certificationActions(certificationOf(terms, events, now), events), ...rolesActions(events)]
}

function certificationActions({ state, at }: Certification, events: readonly LedgerEvent[]): Due[] {
  const rules = ['R.1111-11']
  const dated = at === undefined ? {} : { due: at }
  switch (state) {
    case 'unknown':
    case 'valid':
      return []
    case 'expiring':
      return [{ action: 'renew-certification', by: 'host', ...dated, rules: ['contract'] }]
    case 'expired':
    case 'lost': {
      const told: Due[] =
        state === 'lost'
          ? []
          : [{ action: 'record-certification-loss', by: 'host', ...dated, rules: ['contract'] }]
      const used = at !== undefined && isReversibilityUsed(events, at)
      return used ? told : [...told, { action: 'offer-reversibility', by: 'host', ...dated, rules }]
    }
  }
}

/** Once every operation is certified, and one of them was for the whole. */
function rolesActions(events: readonly LedgerEvent[]): Due[] {
  const states = operationsOf(events).map((operation) => stateOf(events, operation))
  const over = states.length > 0 && states.every(({ stage }) => stage === 'certified')
  const whole = states.some(({ sources }) => sources === undefined)
  const certified = events.findLast(({ type }) => type === 'certified')
  const withdrawn = events.findLast(({ type }) => type === 'roles-withdrawn')
  if (!over || !whole || certified === undefined) return []
  if (withdrawn !== undefined && withdrawn.sequence > certified.sequence) return []
  return [{ action: 'withdraw-roles', by: 'host', due: certified.at, rules: ['SEC-HAB'] }]
}
