import { isoTime } from '@restitute/core'
import { type DeadlineBound, type DeadlineExplanation, endOf } from '@restitute/dossier'
import type { IsoTime } from '@restitute/manifest'
import type { Interval } from './estimate.ts'
import type { Forecast } from './forecast.ts'

/** `at-risk`: the estimate keeps the deadline, but one case of twenty or more would not. */
export type DeadlineVerdict = 'holds' | 'at-risk' | 'does-not-hold'

/** One deadline of the contract against the forecast. */
export interface JudgedDeadline {
  readonly name: DeadlineBound['name']
  /** Who asks for it: rules, and `contract`. */
  readonly rules: readonly string[]
  /** ISO 8601. */
  readonly duration: string
  /** If the request came at the start. */
  readonly ends: IsoTime
  /** Seconds between the moment from which it counts and its end. */
  readonly allowed: number
  /** Seconds that what it covers would take. */
  readonly needed: Interval
  readonly verdict: DeadlineVerdict
}

/**
 * Judges every deadline that speaks of delivering (from the request), and the client's own verification against the
 * time that it has to acknowledge (OCI art. 9). `start`: when the request comes.
 */
export function judgeDeadlines(
  { bounds }: Pick<DeadlineExplanation, 'bounds'>,
  forecast: Pick<Forecast, 'delivered' | 'verification'>,
  start: Date,
): JudgedDeadline[] {
  return bounds.flatMap((bound) => {
    if (bound.bound === 'ceiling' && bound.to === 'delivered')
      return [judged(bound, forecast.delivered, start)]
    if (bound.name === 'acknowledgement') return [judged(bound, forecast.verification, start)]
    return []
  })
}

function judged(bound: DeadlineBound, needed: Interval, start: Date): JudgedDeadline {
  const { name, rules, duration } = bound
  const ends = endOf(isoTime(start), bound)
  const allowed = (Date.parse(ends) - start.getTime()) / 1000
  return { name, rules, duration, ends, allowed, needed, verdict: verdictOn(needed, allowed) }
}

/** Three answers: even the bad case keeps it, the likely case does, neither does. */
export function verdictOn({ estimate, high }: Interval, allowed: number): DeadlineVerdict {
  if (high <= allowed) return 'holds'
  return estimate <= allowed ? 'at-risk' : 'does-not-hold'
}

const worseLater: readonly DeadlineVerdict[] = ['holds', 'at-risk', 'does-not-hold']

/** The worst of several; undefined where there is no deadline. */
export function worstOf(verdicts: readonly DeadlineVerdict[]): DeadlineVerdict | undefined {
  return worseLater.findLast((one) => verdicts.includes(one))
}
