import { randomUUID } from 'node:crypto'
import { isoTime } from '@restitute/core'
import type { DeadlineExplanation } from '@restitute/dossier'
import type {
  Checkpoint,
  ContractRef,
  CostTerms,
  Fingerprint,
  ForecastRecord,
  IndicatorTerms,
  Rehearsal,
  RehearsalVerdict,
  RehearsedSourceRecord,
} from '@restitute/manifest'
import { costsOf, type Quantities } from './costs.ts'
import type { Drill } from './drill/drill.ts'
import { intervalOf, level } from './forecast/estimate.ts'
import {
  type Forecast,
  forecastOf,
  type Measured,
  type RehearsedSource,
  type Terms,
} from './forecast/forecast.ts'
import { insteadOf } from './forecast/instead.ts'
import { judgeDeadlines, worstOf } from './forecast/verdict.ts'
import type { Growth } from './history.ts'
import { type IndicatorFacts, judgeIndicators } from './indicators.ts'

/** What a report is made of. */
export interface ReportOptions {
  readonly name: string
  readonly drill: Drill
  readonly share: number
  readonly seed: string
  /** In the order of the contract; those that were rehearsed. */
  readonly sources: readonly (Omit<RehearsedSource, 'sample'> & {
    readonly name: string
    readonly kind: string
  })[]
  readonly deadlines: Pick<DeadlineExplanation, 'bounds'>
  readonly terms: Omit<Terms, 'start'>
  readonly growth?: Growth
  readonly contract: ContractRef
  /** Of the contract. */
  readonly costs?: CostTerms
  readonly indicators?: readonly IndicatorTerms[]
  /** Earlier rehearsals, oldest first. */
  readonly past: IndicatorFacts['past']
  readonly demonstration?: true
  readonly by: Fingerprint
  readonly ledger?: Checkpoint
}

/** Turns a drill into the document that is signed: what was done, the forecast, the verdict. Pure but for its id. */
export function reportOf(o: ReportOptions): Rehearsal {
  const { drill } = o
  const terms = { ...o.terms, start: drill.endedAt }
  const rehearsed = o.sources.flatMap(({ name, kind: _kind, ...source }): RehearsedSource[] => {
    const sample = drill.samples.find((one) => one.source === name)
    return sample ? [{ ...source, sample }] : []
  })
  const measured = measuredIn(drill)
  const forecast = measured && rehearsed.length > 0 ? forecastOf(rehearsed, measured, terms) : undefined
  const deadlines = forecast ? judgeDeadlines(o.deadlines, forecast, terms.start) : []
  const passed = drill.failures.length === 0 && forecast !== undefined
  return {
    schema: 'restitute/rehearsal/v1',
    id: randomUUID(),
    createdAt: isoTime(drill.endedAt),
    contract: o.contract,
    operation: 'dossier',
    ...(o.demonstration && { demonstration: true as const }),
    name: o.name,
    startedAt: isoTime(drill.startedAt),
    endedAt: isoTime(drill.endedAt),
    share: o.share,
    seed: o.seed,
    ...(drill.manifestSha256 !== undefined && { manifestSha256: drill.manifestSha256 }),
    sources: o.sources.map(({ name, kind }) => sourceRecord(o, forecast, name, kind)),
    measurements: drill.measurements,
    timeline: drill.timeline,
    controls: drill.controls.map(({ control, caught }) => ({ control, caught })),
    destroyed: drill.destroyed,
    failures: drill.failures,
    ...(forecast && measured && { forecast: forecastRecord(o, forecast, rehearsed, measured, terms) }),
    deadlines: deadlines.map(({ allowed, ...one }) => ({ ...one, allowedSeconds: allowed })),
    ...(o.costs && forecast && { costs: costsOf(o.costs, quantitiesOf(forecast), drill.endedAt) }),
    ...(o.indicators && {
      indicators: judgeIndicators(o.indicators, { at: drill.endedAt, forecast, past: o.past }),
    }),
    verdict: worstOf(deadlines.map(({ verdict }) => verdict)) ?? ('no-deadline' satisfies RehearsalVerdict),
    passed,
    by: o.by,
    ...(o.ledger && { ledger: o.ledger }),
  }
}

function quantitiesOf({ written, delivered }: Forecast): Quantities {
  return { gigabytes: written / 1e9, hours: delivered.estimate / 3600 }
}

/** Only a chain that was gone through to the client's verification can be scaled up. */
function measuredIn({ exportSeconds, delivery, verification }: Drill): Measured | undefined {
  if (exportSeconds === undefined || !delivery || !verification) return undefined
  return { exportSeconds, delivery: { seconds: delivery.seconds, bytes: delivery.bytes }, verification }
}

function sourceRecord(
  { drill }: ReportOptions,
  forecast: Forecast | undefined,
  name: string,
  kind: string,
): RehearsedSourceRecord {
  const nothing = { items: 0, bytes: 0 }
  const totals = drill.manifest?.sources.find((one) => one.name === name)?.totals
  const sample = drill.samples.find(({ source }) => source === name)
  const came = drill.restored.find(({ source }) => source === name)
  const work = forecast?.sources.find(({ source }) => source === name)
  return {
    ...{ name, kind, inventoried: totals?.inventoried ?? nothing, drawn: totals?.exported ?? nothing },
    inPart: totals?.lost.items ?? 0,
    strata: (sample?.strata ?? []).map(({ shards: volumes, drawn, volumes: _made, ...stratum }) => ({
      ...stratum,
      ...{ volumes, drawn },
    })),
    ...(came?.restored && { restored: came.restored }),
    ...(came?.notRestored !== undefined && { notRestored: came.notRestored }),
    ...(work && { cost: { ...work.model, work: intervalOf(work.work) } }),
  }
}

function forecastRecord(
  o: ReportOptions,
  forecast: Forecast,
  sources: readonly RehearsedSource[],
  measured: Measured,
  terms: Terms,
): ForecastRecord {
  const { sources: _, bytes, written, ...times } = forecast
  return {
    from: isoTime(terms.start),
    ...{ level, workers: terms.workers, runSpread: terms.runSpread },
    ...{ bytes: Math.round(bytes), written: Math.round(written), ...times },
    instead: insteadOf({ sources, measured, terms, forecast, bounds: o.deadlines, growth: o.growth }),
    ...(o.growth && o.growth.bytesPerDay > 0 && { growth: o.growth }),
  }
}
