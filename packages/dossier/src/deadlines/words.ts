import { deadlineRules, type Milestone } from '@restitute/manifest'
import type { AskedTerm } from './terms.ts'

const moments: Readonly<Record<Milestone, string>> = {
  requested: 'the request',
  answered: 'the answer to the request',
  justified: 'the word to the client that it will take longer',
  transition: 'the beginning of the transition',
  delivered: 'the delivery',
  ended: 'the end of the contract',
  consented: "the client's consent to the destruction",
  noticed: 'the erasure notice',
  destroyed: 'the end of the destruction',
}

/** A moment in a sentence. */
export function momentOf(milestone: Milestone): string {
  return moments[milestone]
}

/** Who asks for a term, with its source. */
export function askerOf({ rule }: Pick<AskedTerm, 'rule'>): string {
  const source = deadlineRules.get(rule)?.source
  if (source !== undefined) return `${rule} (${source})`
  return rule === 'contract' ? 'the contract' : rule
}

/** `at least P21D between the erasure notice and the end of the destruction`. */
export function demandOf({ bound, duration, days, from, to }: AskedTerm): string {
  const least = bound === 'floor' ? 'at least' : 'at most'
  const working = days === 'working' ? ' in working days' : ''
  return `${least} ${duration}${working} between ${momentOf(from)} and ${momentOf(to)}`
}

/** `1 day`, `2 days`. */
export function dayCount(days: number): string {
  return `${days} ${days === 1 ? 'day' : 'days'}`
}
