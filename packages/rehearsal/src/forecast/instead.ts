import type { DeadlineExplanation } from '@restitute/dossier'
import type { ForecastRecord } from '@restitute/manifest'
import type { Growth } from '../history.ts'
import { type Forecast, forecastOf, type Measured, type RehearsedSource, type Terms } from './forecast.ts'
import { judgeDeadlines, worstOf } from './verdict.ts'

/** A forecast, and what it was made of. */
export interface Circumstances {
  readonly sources: readonly RehearsedSource[]
  readonly measured: Measured
  readonly terms: Terms
  readonly forecast: Forecast
  readonly bounds: Pick<DeadlineExplanation, 'bounds'>
  readonly growth: Growth | undefined
}

type Change = ForecastRecord['instead'][number]['change']

/** What more threads, a faster link, reading around the clock or a year of growth would give, where they would change anything. */
export function insteadOf(o: Circumstances): ForecastRecord['instead'] {
  const { sources, terms, growth, forecast } = o
  const changes: [Change, Pick<Forecast, 'delivered' | 'verification'>][] = [
    ['twice-the-workers', again(o, { terms: { ...terms, workers: terms.workers * 2 } })],
  ]
  if (terms.link !== undefined) {
    changes.push(['twice-the-link', again(o, { terms: { ...terms, link: terms.link * 2 } })])
  }
  if (sources.some(({ window }) => window)) {
    changes.push(['no-windows', again(o, { sources: sources.map(({ window: _window, ...rest }) => rest) })])
  }
  if (growth && growth.bytesPerDay > 0) {
    changes.push(['a-year-of-growth', grown(forecast, growth)])
  }
  return changes.map(([change, { delivered, verification }]) => ({
    change,
    delivered,
    verdict: judged(o, { delivered, verification }),
  }))
}

function again(o: Circumstances, changed: Partial<Pick<Circumstances, 'sources' | 'terms'>>): Forecast {
  return forecastOf(changed.sources ?? o.sources, o.measured, changed.terms ?? o.terms)
}

/** Every time grows with the data. */
function grown(forecast: Forecast, { bytesPerDay }: Growth): Pick<Forecast, 'delivered' | 'verification'> {
  const factor = forecast.bytes === 0 ? 1 : 1 + (bytesPerDay * 365) / forecast.bytes
  const times = ({ low, estimate, high }: Forecast['delivered']): Forecast['delivered'] => ({
    low: low * factor,
    estimate: estimate * factor,
    high: high * factor,
  })
  return { delivered: times(forecast.delivered), verification: times(forecast.verification) }
}

function judged(
  { bounds, terms }: Circumstances,
  forecast: Pick<Forecast, 'delivered' | 'verification'>,
): ForecastRecord['instead'][number]['verdict'] {
  const verdicts = judgeDeadlines(bounds, forecast, terms.start).map(({ verdict }) => verdict)
  return worstOf(verdicts) ?? 'no-deadline'
}
