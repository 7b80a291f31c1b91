import {
  type Contract,
  type DeadlineName,
  type DeadlineTerm,
  deadlineRules,
  type IsoTime,
} from '@restitute/manifest'
import { endOf } from './calendar.ts'

/** A term with who asks for it: the name of a rule, or `contract` for its own words. */
export interface AskedTerm extends DeadlineTerm {
  readonly rule: string
}

/** What a duration in the contract itself means. */
const ownTerms: Readonly<Partial<Record<DeadlineName, Omit<DeadlineTerm, 'name' | 'duration'>>>> = {
  acknowledgement: { bound: 'floor', from: 'delivered', to: 'destroyed', days: 'calendar', waivable: false },
  restitution: { bound: 'ceiling', from: 'requested', to: 'delivered', days: 'calendar', waivable: true },
  notice: { bound: 'floor', from: 'noticed', to: 'destroyed', days: 'calendar', waivable: true },
  retrieval: { bound: 'floor', from: 'delivered', to: 'destroyed', days: 'calendar', waivable: true },
  destruction: { bound: 'ceiling', from: 'consented', to: 'destroyed', days: 'calendar', waivable: true },
  switching: { bound: 'floor', from: 'requested', to: 'transition', days: 'calendar', waivable: true },
}

/** Names of the rules that apply to a contract: those it names, and its profile's own. */
export function rulesOf({ deadlines, profile }: Contract): string[] {
  return [...new Set([...(deadlines.rules ?? []), profile])]
}

/** Every term that a contract is under: its own first, then its rules' in their order. */
export function termsOf(contract: Contract): AskedTerm[] {
  const ruled = rulesOf(contract).flatMap((rule) =>
    (deadlineRules.get(rule)?.terms ?? []).map((term) => ({ rule, ...term })),
  )
  return [...ownTermsOf(contract), ...ruled]
}

function ownTermsOf({ deadlines }: Contract): AskedTerm[] {
  const { rules: _, ...durations } = deadlines
  return Object.entries(durations).flatMap(([name, duration]) => {
    const own = ownTerms[name as DeadlineName]
    return own === undefined ? [] : [{ rule: 'contract', name: name as DeadlineName, duration, ...own }]
  })
}

/** The terms of one name that hold together: the longest of floors, the shortest of ceilings. */
export interface Bound {
  readonly term: AskedTerm
  /** When it ends. */
  readonly until: IsoTime
  /** Rules, and `contract`, that ask for that end. */
  readonly rules: readonly string[]
}

/**
 * Which of these terms binds, and when it ends: the latest end of floors, the earliest of ceilings. `start`
 * gives the moment that a term counts from; a term without one is left out. Undefined when none is left.
 */
export function boundOf(
  terms: readonly AskedTerm[],
  bound: DeadlineTerm['bound'],
  start: (term: AskedTerm) => IsoTime | undefined,
): Bound | undefined {
  const ends = terms.flatMap((term) => {
    const from = term.bound === bound ? start(term) : undefined
    return from === undefined ? [] : [{ term, until: endOf(from, term) }]
  })
  const order = ends.toSorted((a, b) => (a.until < b.until ? -1 : a.until > b.until ? 1 : 0))
  const until = (bound === 'floor' ? order.at(-1) : order[0])?.until
  const meeting = ends.filter((end) => end.until === until)
  const [first] = meeting
  return first && { ...first, rules: meeting.map(({ term }) => term.rule) }
}
