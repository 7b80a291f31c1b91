import { addDuration, isoTime, parseDuration } from '@restitute/core'
import { type Contract, deadlineRules, type IsoTime } from '@restitute/manifest'

/** What a deadline is about. `restitution` is a ceiling, the others are floors. */
export type DeadlineName = 'acknowledgement' | 'restitution' | 'notice' | 'retrieval'

/** A deadline with where it comes from. */
export interface Deadline {
  /** ISO 8601. */
  readonly duration: string
  /** Names of rules, and `contract` for its own terms. */
  readonly rules: readonly string[]
}

/**
 * The deadline that satisfies the contract and every rule that it names: the longest of the floors, the
 * shortest of the ceilings. Undefined where nobody asks for one.
 */
export function deadlineOf(contract: Contract, name: DeadlineName): Deadline | undefined {
  const asked = askedFor(contract, name)
  const lengths = asked.map(({ duration }) => lengthOf(duration))
  const wanted = name === 'restitution' ? Math.min(...lengths) : Math.max(...lengths)
  const meeting = asked.filter((_, i) => lengths[i] === wanted)
  const [first] = meeting
  return first && { duration: first.duration, rules: meeting.map(({ rule }) => rule) }
}

/** When a duration that begins at `from` ends. */
export function after(from: IsoTime, duration: string): IsoTime {
  return isoTime(addDuration(new Date(from), parseDuration(duration)))
}

interface Asked {
  readonly rule: string
  readonly duration: string
}

function askedFor({ deadlines }: Contract, name: DeadlineName): Asked[] {
  const own = deadlines[name]
  const ruled = (deadlines.rules ?? []).flatMap((rule) => {
    const duration = deadlineRules.get(rule)?.[name]
    return duration === undefined ? [] : [{ rule, duration }]
  })
  return own === undefined ? ruled : [{ rule: 'contract', duration: own }, ...ruled]
}

// Months have no fixed length: durations are compared from one fixed day, on which each has one.
const origin = new Date(0)

function lengthOf(duration: string): number {
  return addDuration(origin, parseDuration(duration)).getTime()
}
