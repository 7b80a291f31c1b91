import { stateOf } from '@restitute/dossier'
import type { IsoTime, LedgerEvent, Rehearsal } from '@restitute/manifest'

/** Those of exactly these sources: what others took, and how large they were, says nothing of these. */
export function rehearsalsOf(rehearsals: readonly Rehearsal[], sources: readonly string[]): Rehearsal[] {
  const wanted = new Set(sources)
  return rehearsals.filter(
    (one) => one.sources.length === wanted.size && one.sources.every(({ name }) => wanted.has(name)),
  )
}

/** How much the data grows, over the rehearsals so far. */
export interface Growth {
  readonly bytesPerDay: number
  readonly since: IsoTime
  readonly rehearsals: number
}

const dayMs = 86_400_000

/** The straight line through the sizes that were found (least squares); undefined with fewer than two of them. */
export function growthOf(rehearsals: readonly Rehearsal[]): Growth | undefined {
  const points = rehearsals.flatMap(({ startedAt, forecast }) =>
    forecast ? [{ day: Date.parse(startedAt) / dayMs, bytes: forecast.bytes }] : [],
  )
  const since = rehearsals.find(({ forecast }) => forecast)?.startedAt
  if (points.length < 2 || since === undefined) return undefined
  const mean = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [day, bytes] = [mean((point) => point.day), mean((point) => point.bytes)]
  const spread = points.reduce((sum, point) => sum + (point.day - day) ** 2, 0)
  if (spread === 0) return undefined
  const together = points.reduce((sum, point) => sum + (point.day - day) * (point.bytes - bytes), 0)
  return { bytesPerDay: together / spread, since, rehearsals: points.length }
}

/** A real export against the last forecast before it (R44). */
export interface Tried {
  readonly package: string
  readonly rehearsal: string
  /** Seconds between the ledger's `export-started` and `exported`. */
  readonly took: number
  readonly forecast: { readonly low: number; readonly estimate: number; readonly high: number }
  readonly held: boolean
}

/**
 * Every first package of an operation that was exported after a rehearsal of its sources had forecast it; `whole`: those of an
 * operation that is not limited to some. Resumed ones count whole.
 */
export function triedForecasts(
  events: readonly LedgerEvent[],
  rehearsals: readonly Rehearsal[],
  whole: readonly string[],
): Tried[] {
  return events
    .filter(({ type, body }) => type === 'exported' && body['sequence'] === 1)
    .flatMap(({ body, at, operation }) => {
      const name = body['package'] as string
      const started = events.find((e) => e.type === 'export-started' && e.body['package'] === name)
      const fitting = rehearsalsOf(rehearsals, stateOf(events, operation).sources ?? whole)
      const before = fitting.findLast((one) => started && one.forecast && one.endedAt <= started.at)
      if (!started || !before?.forecast) return []
      const { export: forecast } = before.forecast
      const took = (Date.parse(at) - Date.parse(started.at)) / 1000
      const held = took >= forecast.low && took <= forecast.high
      return [{ package: name, rehearsal: before.name, took, forecast, held }]
    })
}

/** Before anything is known, whole runs are taken to lie within a tenth of their forecasts, one standard deviation. */
const usualSpread = 0.1
const leastSpread = 0.05
const enough = 3

/** Relative spread of real runs around their forecasts: measured once there are three of them. */
export function runSpreadOf(tried: readonly Tried[]): number {
  if (tried.length < enough) return usualSpread
  const squares = tried.map(({ took, forecast }) => Math.log(took / Math.max(forecast.estimate, 1e-6)) ** 2)
  return Math.max(leastSpread, Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length))
}
