import type { Window } from '@restitute/core'
import type { SourceSample } from '@restitute/run'
import { elapsedIn } from './calendar.ts'
import { added, type Estimate, type Interval, intervalOf, scaled, withRunSpread } from './estimate.ts'
import { type SourceWork, sourceWork } from './source-forecast.ts'

/** A source as it was rehearsed, and as it may be read. */
export interface RehearsedSource {
  readonly sample: SourceSample
  /** Of the contract; absent: as many as there are. */
  readonly workers?: number
  readonly window?: Window
}

/** What the rehearsal measured beside the export; seconds by the clock. */
export interface Measured {
  readonly exportSeconds: number
  /** Of the sample's package. */
  readonly delivery: { readonly seconds: number; readonly bytes: number }
  readonly verification: { readonly seconds: number }
}

/** Under which circumstances the full run is forecast. */
export interface Terms {
  readonly start: Date
  /** Worker threads of the full run. */
  readonly workers: number
  /** Declared link to the client, bytes per second. */
  readonly link?: number
  /** Relative spread of whole runs around their forecasts. */
  readonly runSpread: number
}

/** How long a full run would take; all intervals in seconds. */
export interface Forecast {
  readonly sources: readonly SourceWork[]
  /** From the start to the sealed package, closed windows included. */
  readonly export: Interval
  readonly delivery: Interval
  /** From the start until the client has everything. */
  readonly delivered: Interval
  /** By the client, afterwards. */
  readonly verification: Interval
  readonly bytes: number
  /** Ciphertext. */
  readonly written: number
  readonly bottleneck: Bottleneck
}

/** What takes most of the time until the delivery. */
export interface Bottleneck {
  /** A stage of the export (`read`, `compress`, …), `inventory`, `window` or `delivery`. */
  readonly stage: string
  /** Of a stage that is one source's. */
  readonly source?: string
  /** Its share of that time, 0 to 1. */
  readonly share: number
}

/**
 * Scales a rehearsal up to the whole. Sources go side by side and share the workers: the export takes as long as all
 * work spread over them, or as the longest source by itself, whichever is more; a source with a window goes on only
 * while that is open.
 */
export function forecastOf(sources: readonly RehearsedSource[], measured: Measured, terms: Terms): Forecast {
  const works = sources.map(({ sample }) => sourceWork(sample, terms.workers))
  const written = works.reduce((sum, one) => sum + one.written, 0)
  const once = startUp(sources, works, measured, terms)
  const exporting = intervalBy((pick) => once + exportSeconds(sources, works, terms, pick))
  const delivery = intervalOf(withRunSpread(deliveryOf(measured, written, terms), terms.runSpread))
  return {
    sources: works,
    export: exporting,
    delivery,
    delivered: intervalBy((pick) => exporting[pick] + delivery[pick]),
    verification: intervalOf(withRunSpread(verificationOf(measured, works), terms.runSpread)),
    bytes: works.reduce((sum, one) => sum + one.bytes, 0),
    written,
    bottleneck: bottleneckOf(sources, works, exporting.estimate, delivery.estimate, terms),
  }
}

type Pick = keyof Interval

function intervalBy(of: (pick: Pick) => number): Interval {
  return { low: of('low'), estimate: of('estimate'), high: of('high') }
}

function exportSeconds(
  sources: readonly RehearsedSource[],
  works: readonly SourceWork[],
  terms: Terms,
  pick: Pick,
): number {
  const all = added(works.map(({ work }) => work))
  const shared = intervalOf(withRunSpread(scaled(all, 1 / terms.workers), terms.runSpread))[pick]
  const alone = works.reduce((sum, one) => sum + one.alone, 0) / Math.min(terms.workers, works.length)
  const longest = works.map((one, i) => ownElapsed(sources[i], one, terms, pick))
  return Math.max(shared + alone + Math.max(...works.map((one) => tailOf(one, terms.workers))), ...longest)
}

/** One source by itself, through its window. */
function ownElapsed(source: RehearsedSource | undefined, one: SourceWork, terms: Terms, pick: Pick): number {
  const workers = workersOf(source, terms)
  const own = intervalOf(withRunSpread(scaled(one.work, 1 / workers), terms.runSpread))[pick]
  return elapsedIn(source?.window, terms.start, own + one.alone + tailOf(one, workers))
}

/** At the end some workers have nothing to do while others finish a volume: half of one, on average. */
function tailOf({ work, volumes }: SourceWork, workers: number): number {
  const busy = Math.min(workers, volumes)
  return ((work.value / volumes) * (busy - 1)) / (2 * busy)
}

/**
 * What the clock showed of the sample's export beyond what its volumes, inventory and index explain: starting workers,
 * opening sources, sealing. It is the same for the whole. Unknown where a window may have been waited for.
 */
function startUp(
  sources: readonly RehearsedSource[],
  works: readonly SourceWork[],
  { exportSeconds: took }: Measured,
  terms: Terms,
): number {
  if (sources.some(({ window }) => window)) return 0
  const shared = works.reduce((sum, one) => sum + one.sampled, 0) / terms.workers
  const alone = works.reduce((sum, one) => sum + one.aloneInSample, 0) / Math.min(terms.workers, works.length)
  const longest = works.map((one, i) => one.sampled / workersOf(sources[i], terms) + one.aloneInSample)
  return Math.max(0, took - Math.max(shared + alone, ...longest))
}

function workersOf(source: RehearsedSource | undefined, { workers }: Terms): number {
  return Math.min(source?.workers ?? workers, workers)
}

function deliveryOf({ delivery }: Measured, written: number, { link }: Terms): Estimate {
  const measured = delivery.seconds > 0 ? delivery.bytes / delivery.seconds : Number.POSITIVE_INFINITY
  const rate = Math.min(measured, link ?? Number.POSITIVE_INFINITY)
  return { value: Number.isFinite(rate) ? written / rate : 0, variance: 0, degrees: Infinity }
}

/** The client reads everything once more: in proportion to what it cost to write, warming up included on both sides. */
function verificationOf({ verification }: Measured, works: readonly SourceWork[]): Estimate {
  const measured = works.reduce((sum, { sampled }) => sum + sampled, 0)
  const all = added(works.map(({ work }) => work))
  return scaled(all, measured === 0 ? 0 : verification.seconds / measured)
}

function bottleneckOf(
  sources: readonly RehearsedSource[],
  works: readonly SourceWork[],
  exporting: number,
  delivery: number,
  terms: Terms,
): Bottleneck {
  const total = Math.max(exporting + delivery, 1e-9)
  const candidates: Bottleneck[] = [{ stage: 'delivery', share: delivery / total }]
  for (const [i, { source, stages, alone, work }] of works.entries()) {
    const own = sources[i]
    const busy = work.value / workersOf(own, terms) + alone
    const waited = ownElapsed(own, works[i] as SourceWork, terms, 'estimate') - busy
    const all = stages.reduce((sum, { seconds }) => sum + seconds, 0)
    candidates.push({ stage: 'inventory', source, share: alone / total })
    if (own?.window) candidates.push({ stage: 'window', source, share: Math.max(0, waited) / total })
    for (const { stage, seconds } of stages) {
      candidates.push({ stage, source, share: (busy / total) * (all === 0 ? 0 : seconds / all) })
    }
  }
  return candidates.reduce((most, one) => (one.share > most.share ? one : most))
}
