import { counted, formatBytes, formatSeconds, type Json } from '@restitute/core'
import type { CostRecord, CostTerms, IndicatorRecord, Rehearsal, SecondsInterval } from '@restitute/manifest'
import { costsOf, rehearsalsOf, type Tried, triedForecasts } from '@restitute/rehearsal'
import { takeInventory } from '@restitute/run'
import { openCase, readableSources } from '../case.ts'
import { type CommandDefinition, flag, given, type OptionValues, text, texts } from '../command.ts'
import { costLine, euros } from '../costs.ts'
import {
  namesOf,
  type Rehearsed,
  type RehearseOptions,
  rehearseOnce,
  wholeOf,
} from '../rehearsal/rehearse.ts'
import { pastRehearsals } from '../rehearsal/reports.ts'
import { keepRehearsing, type ScheduleOptions } from '../rehearsal/schedule.ts'
import { shareFor } from '../rehearsal/share.ts'
import type { Outcome, Session } from '../session.ts'
import { workersOf } from '../workers.ts'

/** Rehearses the whole chain on a sample and says whether the deadlines would hold. */
export async function rehearse(session: Session, options: RehearseOptions): Promise<Outcome> {
  return outcomeOf(await rehearseOnce(session, options))
}

/** Exit: 1 when something did not work, 5 when it worked and a deadline would not hold for certain. */
function outcomeOf({ report, path, pages }: Rehearsed): Outcome {
  const holds = report.verdict === 'holds' || report.verdict === 'no-deadline'
  return {
    exit: report.passed ? (holds ? 0 : 5) : 1,
    json: { ...(report as unknown as { readonly [key: string]: Json }), report: path, pages },
    lines: [
      ...report.sources.map(sourceLine),
      ...report.controls.map(
        ({ control, caught }) => `harm ${control.padEnd(7)} ${caught ? 'found out' : 'NOT FOUND OUT'}`,
      ),
      ...report.failures.map(({ step, message }) => `FAILED ${step}: ${message}`),
      ...forecastLines(report),
      ...(report.costs ? [`the whole would cost ${costLine(report.costs)}`] : []),
      ...(report.indicators ?? []).map(indicatorLine),
      `report  ${path}`,
      ...pages.map((page) => `page    ${page}`),
    ],
  }
}

function sourceLine({
  name,
  drawn,
  inventoried,
  inPart,
  restored,
  notRestored,
}: Rehearsal['sources'][number]): string {
  const whole = `${drawn.items} of ${counted(inventoried.items, 'item')}, ${formatBytes(drawn.bytes)} of ${formatBytes(inventoried.bytes)}`
  const part = inPart > 0 ? `, ${inPart} in part` : ''
  const equal = restored?.different === 0 ? 'restored equal' : `restored, ${restored?.different} DIFFERENT`
  return `${name}  ${whole}${part}; ${restored ? equal : `not restored: ${notRestored ?? 'an earlier step failed'}`}`
}

function forecastLines({ forecast, deadlines, verdict }: Rehearsal): string[] {
  if (!forecast) return ['no forecast: the chain did not reach its end']
  const { bottleneck, export: exporting, delivery, verification, instead } = forecast
  const where = bottleneck.source === undefined ? '' : ` of ${bottleneck.source}`
  return [
    `the whole, ${formatBytes(forecast.bytes)}, intervals of 90 %:`,
    `  export        ${interval(exporting)}`,
    `  delivery      ${interval(delivery)}`,
    `  verification  ${interval(verification)}  (by the client)`,
    `  bottleneck    ${bottleneck.stage}${where}: ${Math.round(bottleneck.share * 100)} % of the time`,
    ...instead.map(({ change, delivered }) => `  ${change.padEnd(18)} delivered in ${interval(delivered)}`),
    ...deadlines.map(
      (one) =>
        `${one.verdict.padEnd(14)} ${one.name} ${one.duration} (${one.rules.join(', ')}): needs ${interval(one.needed)}`,
    ),
    `verdict: ${verdict}`,
  ]
}

function indicatorLine({ measure, target, kept, penaltyCents }: IndicatorRecord): string {
  const state = kept === undefined ? 'not measured' : kept ? 'kept' : 'NOT KEPT'
  const penalty = penaltyCents === 0 ? '' : `, penalty if it were real: ${euros(penaltyCents)}`
  return `indicator ${measure} ${target}: ${state}${penalty}`
}

function interval({ low, estimate, high }: SecondsInterval): string {
  return `${formatSeconds(estimate)} (${formatSeconds(low)} to ${formatSeconds(high)})`
}

/** What a rehearsal would take and cost, without doing it: the inventory, the share, what the last one took. */
export async function plan(session: Session, options: RehearseOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  const sources = (await readableSources(session, dossier, options.sources)).filter(
    ({ terms }) => terms.excluded === undefined,
  )
  const past = rehearsalsOf(await pastRehearsals(dossier), namesOf(sources))
  const share = shareFor(dossier, options, past)
  const { connectorOf, signal, progress } = session
  const found = await takeInventory({
    sources: sources.map(({ spec }) => spec),
    connectorOf,
    hooks: { folder: dossier.paths.hooks, clock: session.clock },
    signal,
    progress,
  })
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0)
  const last = past.findLast(({ forecast }) => forecast)
  const took = last && (Date.parse(last.endedAt) - Date.parse(last.startedAt)) / 1000
  const seconds = last && took !== undefined ? (took * share) / last.share : undefined
  const cost = costOf(session, dossier.terms.contract.costs, bytes, last)
  return {
    exit: 0,
    json: {
      share,
      bytes,
      read: bytes * share,
      disk: bytes * share * 3,
      ...(seconds === undefined ? {} : { seconds }),
      ...(cost && { restitutionCents: cost.cents }),
    },
    lines: [
      ...found.map(
        ({ name, items, bytes: size }) => `${name}  ${counted(items, 'item')}, ${formatBytes(size)}`,
      ),
      `would read about ${formatBytes(bytes * share)} (${(share * 100).toFixed(1)} %, and at least three volumes of each kind and size of item)`,
      `would need about ${formatBytes(bytes * share * 3)} of disk until its end: package, the client's copy, what is rebuilt`,
      seconds === undefined
        ? 'how long it would take is not known before the first rehearsal'
        : `would take about ${formatSeconds(seconds)}, as the last one did`,
      ...(cost ? [`a restitution of the whole would cost about ${costLine(cost)}`] : []),
    ],
  }
}

/** By what is there now and the last forecast; hours as declared before the first. */
function costOf(
  { clock }: Session,
  terms: CostTerms | undefined,
  bytes: number,
  last: Rehearsal | undefined,
): CostRecord | undefined {
  const seconds = last?.forecast?.delivered.estimate
  const hours = seconds === undefined ? terms?.hours : seconds / 3600
  return terms && costsOf(terms, { gigabytes: bytes / 1e9, hours: hours ?? 0 }, clock.now())
}

/** Every rehearsal so far, and how real exports compared with what had been forecast (R44). */
export async function history(session: Session): Promise<Outcome> {
  const dossier = await openCase(session)
  const past = await pastRehearsals(dossier)
  const tried = triedForecasts(dossier.ledger.events(), past, wholeOf(dossier))
  return {
    exit: 0,
    json: {
      rehearsals: past.map(({ name, endedAt, share, passed, verdict, forecast }) => ({
        ...{ name, endedAt, share, passed, verdict },
        ...(forecast && { bytes: forecast.bytes, delivered: { ...forecast.delivered } }),
      })),
      tried: tried.map((one) => ({ ...one, forecast: { ...one.forecast } })),
    },
    lines: [...past.map(pastLine), ...tried.map(triedLine)],
  }
}

function pastLine({ name, endedAt, share, passed, verdict, forecast }: Rehearsal): string {
  const size = forecast
    ? `${formatBytes(forecast.bytes)} delivered in ${interval(forecast.delivered)}`
    : 'no forecast'
  return `${name}  ${endedAt}  ${(share * 100).toFixed(1)} %  ${passed ? 'passed' : 'FAILED'}  ${verdict}  ${size}`
}

function triedLine({ package: name, rehearsal, took, forecast, held }: Tried): string {
  return `${name} took ${formatSeconds(took)}; ${rehearsal} had said ${interval(forecast)}: ${held ? 'held' : 'did NOT hold'}`
}

/** `restitute rehearse`. */
export const rehearseCommand: CommandDefinition = {
  name: 'rehearse',
  args: '',
  summary: 'rehearse the whole chain on a sample, and say whether the deadlines would hold',
  options: [
    {
      flags: '--sample <share>',
      description: "of each source, for instance 5% (default: the contract's, else 5%)",
    },
    { flags: '--full', description: 'everything' },
    {
      flags: '--for <duration>',
      description: 'as much as fits into this time (ISO 8601, for instance PT2H)',
    },
    { flags: '--source <name>', description: 'only this source', repeatable: true },
    {
      flags: '--to <destination>',
      description: 'a destination of the contract, by name or URL (default: its first)',
    },
    { flags: '--workers <n>', description: 'worker threads (default: one per core)' },
    { flags: '--dry-run', description: 'say what it would take, and do nothing' },
    { flags: '--schedule', description: "stay, and rehearse whenever the contract's rehearsal.cron says so" },
    {
      flags: '--metrics <file>',
      description: 'with --schedule: figures for Prometheus, written anew after each',
    },
    {
      flags: '--jitter <duration>',
      description: 'with --schedule: begin up to so much later (ISO 8601, PT15M)',
    },
    { flags: '--history', description: 'the rehearsals so far, and how real exports compared' },
  ],
  examples: [
    'restitute rehearse --dossier chu --as operator.key',
    'restitute rehearse --dossier chu --as operator.key --sample 2% --source documents',
    'restitute rehearse --dossier chu --as scheduler.key --schedule --metrics /var/lib/node-exporter/restitute.prom',
    'restitute rehearse --dossier chu --history',
  ],
  run: (session, _args, options) => {
    if (flag(options, 'history')) return history(session)
    if (flag(options, 'schedule')) return keepRehearsing(session, optionsOf(options))
    return (flag(options, 'dryRun') ? plan : rehearse)(session, optionsOf(options))
  },
}

function optionsOf(options: OptionValues): ScheduleOptions {
  const workers = text(options, 'workers')
  return {
    sources: texts(options, 'source'),
    ...given(options, 'sample', 'for', 'to', 'metrics', 'jitter'),
    ...(flag(options, 'full') && { sample: '100%' }),
    ...(workers === undefined ? {} : { workers: workersOf(workers) }),
  }
}
