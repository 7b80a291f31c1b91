import type { LoadedContract } from '../contract/loaded.ts'
import { isOld, keptFor, type LogState } from '../log/review.ts'
import { after } from '../starts.ts'
import type { Due } from './due-action.ts'

/**
 * What is due of the technical log: a review within a month of the first entry that nobody has reviewed (SEC-JOU-2), and
 * once entries have been kept for the contract's period a purge, within twelve months of the oldest (SEC-JOU-3).
 */
export function logActions(terms: LoadedContract, { oldest, unreviewed }: LogState, now: Date): Due[] {
  const by = 'host' as const
  const review: Due[] =
    unreviewed === undefined
      ? []
      : [{ action: 'review-log', by, due: after(unreviewed, 'P1M'), rules: ['SEC-JOU-2'] }]
  if (oldest === undefined || !isOld(oldest, keptFor({ terms }), now)) return review
  return [...review, { action: 'purge-log', by, due: after(oldest, 'P12M'), rules: ['SEC-JOU-3'] }]
}
