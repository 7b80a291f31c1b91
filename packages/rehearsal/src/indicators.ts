import { addDuration, parseDuration, parseRate } from '@restitute/core'
import type { IndicatorRecord, IndicatorTerms, Rehearsal } from '@restitute/manifest'
import type { Forecast } from './forecast/forecast.ts'

/** What indicators are measured by. */
export interface IndicatorFacts {
  /** When this rehearsal ended. */
  readonly at: Date
  readonly forecast: Pick<Forecast, 'delivered' | 'verification' | 'bytes'> | undefined
  /** Earlier rehearsals, oldest first. */
  readonly past: readonly Pick<Rehearsal, 'endedAt'>[]
}

/** Every indicator of the contract: target, what the forecast's estimate says, the penalty if it were real (EXI 26). */
export function judgeIndicators(terms: readonly IndicatorTerms[], facts: IndicatorFacts): IndicatorRecord[] {
  return terms.map((one) => {
    const measured = measuredOf(one, facts)
    if (measured === undefined) return { measure: one.measure, target: one.target, penaltyCents: 0 }
    const over = excess(one, measured, facts.at)
    const kept = over <= 0
    return {
      ...{ measure: one.measure, target: one.target, measured, kept },
      penaltyCents: penaltyOf(one, over),
    }
  })
}

function measuredOf({ measure }: IndicatorTerms, { at, forecast, past }: IndicatorFacts): number | undefined {
  if (measure === 'rehearsal') {
    const last = past.at(-1)
    return last && Math.max(0, (at.getTime() - Date.parse(last.endedAt)) / 1000)
  }
  if (measure === 'throughput')
    return forecast && forecast.bytes / Math.max(forecast.delivered.estimate, 1e-6)
  return measure === 'delivery' ? forecast?.delivered.estimate : forecast?.verification.estimate
}

/** Seconds, or bytes per second, by which a target is missed; at most zero where it is kept. */
function excess({ measure, target }: IndicatorTerms, measured: number, at: Date): number {
  if (measure === 'throughput') return parseRate(target) - measured
  return measured - (addDuration(at, parseDuration(target)).getTime() - at.getTime()) / 1000
}

const daySeconds = 86_400

function penaltyOf({ penalty }: IndicatorTerms, over: number): number {
  if (!penalty || over <= 0) return 0
  return penalty.cents * (penalty.per === 'day' ? Math.ceil(over / daySeconds) : 1)
}
