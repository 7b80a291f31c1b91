import { chargeLaws } from '@restitute/manifest'
import { euros, number } from './format.ts'
import { type Html, html } from './html.ts'
import { section } from './parts.ts'
import { type Context, spoken } from './rehearsal-context.ts'
import { table } from './table.ts'

/** Indicators of the contract with what they would cost the host (EXI 26). */
export function indicators({ report, r, words }: Context): Html | undefined {
  if (!report.indicators || report.indicators.length === 0) return undefined
  const rows = report.indicators.map((one) => {
    const rate = one.measure === 'throughput'
    const say = (value: number): string =>
      rate ? `${number(Number((value / 1e6).toPrecision(3)), words)} ${r.perSecond}` : spoken(value, r, words)
    return [
      r.measures[one.measure],
      `${rate ? '≥' : '≤'} ${one.target}`,
      one.measured === undefined ? r.notMeasured : say(one.measured),
      one.kept === undefined || one.kept
        ? r.kept[String(one.kept)]
        : html`<span class="failed">${r.kept['false']}</span>`,
      one.penaltyCents === 0 ? '–' : euros(one.penaltyCents, words),
    ]
  })
  return section(
    r.indicators,
    html`<p>${r.indicatorsNote}</p>\n`,
    table(undefined, [r.indicator, r.target, r.measured, r.keptHead, r.penalty], rows),
  )
}

/** What the restitution would cost the client (R41). */
export function costs({ report: { costs: c }, r, words }: Context): Html | undefined {
  if (!c) return undefined
  const rows = c.lines.map((one) => [
    r.charges[one.for],
    number(Number(one.quantity.toPrecision(4)), words),
    euros(one.rateCents, words),
    euros(one.cents, words),
    one.free === undefined ? '' : `${r.free}${chargeLaws.get(one.free)?.source ?? one.free}`,
  ])
  return section(
    r.costs,
    html`<p>${r.costsNote} ${r.sum}${euros(c.cents, words)}.</p>\n`,
    table(undefined, [r.charge, r.quantity, r.rate, r.amount, r.why], rows),
  )
}
