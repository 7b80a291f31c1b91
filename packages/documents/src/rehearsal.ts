import type { Measurement, Rehearsal, SecondsInterval } from '@restitute/manifest'
import { code, list, number, time, wordsOf } from './format.ts'
import { type Html, html, type Piece } from './html.ts'
import { type DocumentSignature, type Edition, page } from './page.ts'
import { proof, references, section } from './parts.ts'
import { type Bar, bars, strips, trend } from './plots.ts'
import { between, type Context, spoken } from './rehearsal-context.ts'
import { costs, indicators } from './rehearsal-terms.ts'
import type { RehearsalWords } from './rehearsal-words.ts'
import { rehearsalEn } from './rehearsal-words-en.ts'
import { rehearsalFr } from './rehearsal-words-fr.ts'
import { facts, table } from './table.ts'
import type { Words } from './words-fr.ts'

/**
 * The report of a rehearsal as one self-contained printable page with its plots (R42, R45). `all`: every rehearsal so
 * far, oldest first, for the trend; `bytes` and `signatures` as for the other documents.
 */
export function rehearsalHtml(
  report: Rehearsal,
  all: readonly Rehearsal[],
  bytes: Uint8Array,
  signatures: readonly DocumentSignature[],
  edition: Edition,
): string {
  const r = edition.language === 'fr' ? rehearsalFr : rehearsalEn
  const c: Context = { report, r, words: wordsOf(edition.language) }
  return page(report, edition, r.title, (words) => [
    html`<p class="lead">${r.lead} ${edition.requirement}.</p>\n`,
    verdict(c),
    references(report, edition, words),
    done(c),
    failures(c),
    forecast(c),
    deadlines(c),
    instead(c),
    indicators(c),
    costs(c),
    section(r.throughput, bars(`${r.throughput} (${r.perSecond})`, throughput(c))),
    overTime(c),
    trendOf(c, all),
    sources(c),
    controls(c),
    destroyed(c),
    section(r.limits, list([...r.limitLines, ...(report.share < 1 ? [r.sampleLimit] : [])])),
    proof(bytes, signatures, edition, words),
  ])
}

function verdict({ report, r }: Context): Html {
  const good = report.passed && (report.verdict === 'holds' || report.verdict === 'no-deadline')
  const steps = report.passed ? r.passed : r.failed
  return html`<p class="${good ? 'verdict' : 'verdict open'}">${report.forecast ? r.verdicts[report.verdict] : undefined} ${steps}</p>\n`
}

function done({ report, r, words }: Context): Html {
  const rows: (readonly [string, Piece])[] = [
    [r.name, report.name],
    [r.period, html`${time(report.startedAt, words)} – ${time(report.endedAt, words)}`],
    [r.share, `${number(report.share * 100, words)} %`],
    [words.manifestDigest, report.manifestSha256 === undefined ? undefined : code(report.manifestSha256)],
  ]
  return section(r.done, facts(rows))
}

function failures({ report, r, words }: Context): Html | undefined {
  if (report.failures.length === 0) return undefined
  const lines = report.failures.map(
    ({ step, code: what, message }) =>
      html`<span class="failed">${r.steps[step]}</span> (${what})${words.colon}<span lang="en">${message}</span>`,
  )
  return section(r.failures, list(lines))
}

function forecast({ report, r, words }: Context): Html | undefined {
  const f = report.forecast
  if (!f) return undefined
  const { bottleneck } = f
  const row = (label: string, of: SecondsInterval): Bar => ({
    label,
    ...{ low: of.low, value: of.estimate, high: of.high },
    text: spoken(of.estimate, r, words),
  })
  const plot = bars(r.forecast, [
    row(r.phases.export, f.export),
    row(r.phases.delivery, f.delivery),
    row(r.phases.verification, f.verification),
  ])
  const stage = r.stages[bottleneck.stage] ?? bottleneck.stage
  return section(
    r.forecast,
    html`<p>${r.forecastNote(Math.round(f.level * 100), f.workers, Math.round(f.runSpread * 100))}</p>\n`,
    plot,
    facts([
      [r.delivered, between(f.delivered, r, words)],
      [words.bytes, `${number(f.bytes, words)} → ${number(f.written, words)}`],
      [r.bottleneck, r.bottleneckOf(stage, bottleneck.source, Math.round(bottleneck.share * 100))],
    ]),
  )
}

function deadlines({ report, r, words }: Context): Html | undefined {
  if (report.deadlines.length === 0) return undefined
  const plot = bars(
    r.deadlines,
    report.deadlines.map(
      ({ name, needed, allowedSeconds }): Bar => ({
        label: r.deadlineNames[name] ?? name,
        ...{ low: needed.low, value: needed.estimate, high: needed.high, limit: allowedSeconds },
        text: spoken(allowedSeconds, r, words),
      }),
    ),
    true,
  )
  const rows = report.deadlines.map((one) => [
    r.deadlineNames[one.name] ?? one.name,
    one.rules.join(', '),
    spoken(one.allowedSeconds, r, words),
    between(one.needed, r, words),
    one.verdict === 'holds' ? r.short.holds : html`<span class="failed">${r.short[one.verdict]}</span>`,
  ])
  return section(
    r.deadlines,
    plot,
    table(undefined, [r.deadline, r.askedBy, r.allowed, r.needed, r.verdict], rows),
  )
}

function instead({ report, r, words }: Context): Html | undefined {
  const f = report.forecast
  if (!f) return undefined
  const rows = f.instead.map(({ change, delivered, verdict: judged }) => [
    r.changes[change],
    between(delivered, r, words),
    r.short[judged],
  ])
  const growth = f.growth && r.growth(number(Math.round(f.growth.bytesPerDay), words), f.growth.rehearsals)
  return section(
    r.instead,
    table(undefined, ['', r.delivered, r.verdict], rows),
    growth === undefined ? undefined : html`<p>${growth}</p>\n`,
  )
}

/** Bytes through each stage over the seconds that it was busy with them. */
function throughput({ report, r, words }: Context): Bar[] {
  const stages = Map.groupBy(
    report.measurements.filter(({ bytesIn, busySeconds }) => bytesIn > 0 && busySeconds > 0),
    ({ stage }) => stage,
  )
  return [...stages].map(([stage, all]) => {
    const value = total(all, 'bytesIn') / total(all, 'busySeconds') / 1e6
    const text = `${number(Number(value.toPrecision(3)), words)} ${r.perSecond}`
    return { label: r.stages[stage] ?? stage, low: value, value, high: value, text }
  })
}

const mostTicks = 5

function overTime({ report: { timeline }, r, words }: Context): Html | undefined {
  if (!timeline || timeline.stages.length === 0) return undefined
  const { stepSeconds, stages } = timeline
  const rows = stages.map(({ stage, bytes }) => {
    const most = Math.max(...bytes) / stepSeconds / 1e6
    const text = `${r.atMost} ${number(Number(most.toPrecision(3)), words)} ${r.perSecond}`
    return { label: r.stages[stage] ?? stage, values: bytes, text }
  })
  const end = stepSeconds * Math.max(...stages.map(({ bytes }) => bytes.length))
  const ticks = Array.from({ length: mostTicks }, (_, i) => spoken((end * i) / (mostTicks - 1), r, words))
  return section(r.overTime, html`<p>${r.overTimeNote}</p>\n`, strips(r.overTime, rows, ticks))
}

function total(all: readonly Measurement[], member: 'bytesIn' | 'busySeconds'): number {
  return all.reduce((sum, one) => sum + one[member], 0)
}

function trendOf({ report, r, words }: Context, all: readonly Rehearsal[]): Html | undefined {
  const known = all.flatMap((one) =>
    one.forecast && one.startedAt <= report.startedAt ? [{ name: one.name, ...one.forecast.delivered }] : [],
  )
  if (known.length < 2) return undefined
  const points = known.map(({ name, low, estimate, high }) => ({ label: name, low, value: estimate, high }))
  const most = Math.max(...points.map(({ high }) => high))
  const limits = report.deadlines.filter(({ name }) => name !== 'acknowledgement')
  const limit = Math.min(...limits.map(({ allowedSeconds }) => allowedSeconds))
  // A deadline far above would press the line to the floor: then the table of deadlines says enough.
  const near = limit < most * 10 ? limit : undefined
  return section(
    r.trend,
    trend(r.trend, points, near, (value) => spoken(value, r, words)),
  )
}

function sources({ report, r, words }: Context): Html {
  const rows = report.sources.map((one) => [
    one.name,
    `${number(one.inventoried.items, words)} / ${number(one.inventoried.bytes, words)}`,
    `${number(one.drawn.items, words)} / ${number(one.drawn.bytes, words)}`,
    number(one.inPart, words),
    outcome(one, r, words),
  ])
  const unit = `${words.items} / ${words.bytes}`
  return section(
    r.sources,
    table(
      undefined,
      [r.source, `${r.inventoried} (${unit})`, `${r.drawn} (${unit})`, r.inPart, r.outcome],
      rows,
    ),
  )
}

function outcome(
  { restored, notRestored }: Rehearsal['sources'][number],
  r: RehearsalWords,
  words: Words,
): Piece {
  if (restored) {
    return restored.different === 0
      ? r.equal
      : html`<span class="failed">${r.different(restored.different)}</span>`
  }
  return html`${r.notRestored}${words.colon}${whyNot(notRestored, r)}`
}

/** What has no words of its own stands in the report in English. */
function whyNot(said: string | undefined, r: RehearsalWords): Piece {
  if (said === undefined) return r.chainBroken
  return said.startsWith('the contract names no target') ? r.noTarget : html`<span lang="en">${said}</span>`
}

function controls({ report, r }: Context): Html | undefined {
  if (report.controls.length === 0) return undefined
  const rows = report.controls.map(
    ({ control, caught }) =>
      [r.control[control], caught ? r.caught : html`<span class="failed">${r.notCaught}</span>`] as const,
  )
  return section(r.controls, html`<p>${r.controlsNote}</p>\n`, facts(rows))
}

function destroyed({ report, r }: Context): Html | undefined {
  if (report.destroyed.length === 0) return undefined
  const rows = report.destroyed.map(({ copy, technique, state }) => [
    r.copies(copy),
    code(technique),
    r.states[state],
  ])
  return section(
    r.destroyed,
    html`<p>${r.destroyedNote}</p>\n`,
    table(undefined, [r.copy, r.method, r.seen], rows),
  )
}
