import { isoTime } from '@restitute/core'
import {
  type Contract,
  type DeadlineName,
  type DeadlineTerm,
  deadlineRules,
  type Milestone,
} from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { collisionsAmong, type DeadlineCollision, roomAmong } from './collisions.ts'
import { type AskedTerm, boundOf, rulesOf, termsOf } from './terms.ts'

/** What binds between two moments: the longest floor or the shortest ceiling. */
export interface DeadlineBound {
  readonly bound: DeadlineTerm['bound']
  readonly from: Milestone
  readonly to: Milestone
  readonly name: DeadlineName
  /** ISO 8601. */
  readonly duration: string
  readonly days: DeadlineTerm['days']
  /** Rules, and `contract`, that ask for that duration. */
  readonly rules: readonly string[]
}

/** What the deadlines of a contract come to. */
export interface DeadlineExplanation {
  readonly bounds: readonly DeadlineBound[]
  /** A clause with one of these must not be issued; a contract in force is carried out all the same. */
  readonly collisions: readonly DeadlineCollision[]
  /** What is allowed and unwise, one English sentence each. */
  readonly notes: readonly string[]
  /** How much time floors leave within ceilings, one English sentence each. */
  readonly room: readonly string[]
}

/**
 * Floors and ceilings of a contract per clock, and which of them collide (R40). Copies that only rotation
 * removes count as floors: they collide with a ceiling that covers backups, and are a note beside any other,
 * which a partial certificate meets. Never a reason not to export. Pure.
 */
export function explainDeadlines({ contract }: Pick<LoadedContract, 'contract'>): DeadlineExplanation {
  const terms = termsOf(contract)
  const late = collisionsAmong([...rotationsOf(contract), ...terms.filter(isForDestruction)])
  const covered = (one: DeadlineCollision): boolean => one.ceiling.backups === true
  return {
    bounds: boundsOf(terms),
    collisions: [...collisionsAmong(terms), ...late.filter(covered)],
    notes: [
      ...missing(contract, terms),
      ...late
        .filter((one) => !covered(one))
        .map(({ sentence }) => `${sentence}; within that time the certificate can only be partial`),
    ],
    room: roomAmong(terms),
  }
}

function isForDestruction({ bound, to }: AskedTerm): boolean {
  return bound === 'ceiling' && to === 'destroyed'
}

/** Rotation goes on from the day on which nothing new is written any more. */
function rotationsOf({ instances }: Contract): AskedTerm[] {
  return instances.flatMap(({ copies }) =>
    (copies ?? []).flatMap(({ name, rotation }) =>
      rotation === undefined
        ? []
        : [
            {
              rule: `the rotation of copy "${name}"`,
              name: 'destruction' as const,
              bound: 'floor' as const,
              from: 'consented' as const,
              to: 'destroyed' as const,
              duration: rotation,
              days: 'calendar' as const,
              waivable: false,
            },
          ],
    ),
  )
}

function boundsOf(terms: readonly AskedTerm[]): DeadlineBound[] {
  const keys = new Set(terms.map(({ bound, from, to }) => `${bound} ${from} ${to}`))
  return [...keys].flatMap((key) => {
    const same = terms.filter(({ bound, from, to }) => `${bound} ${from} ${to}` === key)
    const [first] = same
    const found = first && boundOf(same, first.bound, () => isoTime(new Date(0)))
    if (found === undefined) return []
    const { bound, from, to, name, duration, days } = found.term
    return [{ bound, from, to, name, duration, days, rules: found.rules }]
  })
}

function missing(contract: Contract, terms: readonly AskedTerm[]): string[] {
  return rulesOf(contract).flatMap((rule) => {
    const { requires = [], source = '' } = deadlineRules.get(rule) ?? {}
    return requires
      .filter((wanted) => !terms.some(({ name }) => name === wanted))
      .map((wanted) => `${rule} (${source}) wants the contract to say how long the ${wanted} may take`)
  })
}
