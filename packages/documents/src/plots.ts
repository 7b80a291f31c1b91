import { type Html, html } from './html.ts'

/** A bar from zero, with the bounds of its interval and, when there is one, a limit to stay below. */
export interface Bar {
  readonly label: string
  readonly low: number
  readonly value: number
  readonly high: number
  readonly limit?: number
  /** What is written at its end. */
  readonly text: string
}

const width = 640
const labelWidth = 190
const textWidth = 150
const plotWidth = width - labelWidth - textWidth
const rowHeight = 26

/**
 * Horizontal bars on one scale, which a screen reader hears as a list. `logarithmic`: for values that lie decades
 * apart, such as seconds beside days; then nothing begins at zero, and the shortest bar has some length.
 */
export function bars(title: string, rows: readonly Bar[], logarithmic = false): Html {
  const x = scaleOf(rows, logarithmic)
  const height = rows.length * rowHeight + 8
  return html`<svg class="plot" role="img" aria-label="${title}" viewBox="0 0 ${width} ${height}" width="100%">
<title>${title}</title>
${rows.map((row, i) => bar(row, 4 + i * rowHeight, x))}</svg>\n`
}

function scaleOf(rows: readonly Bar[], logarithmic: boolean): (value: number) => number {
  const values = rows.flatMap(({ low, high, limit }) => [low, high, limit ?? high]).filter((v) => v > 0)
  const most = Math.max(...values, 1e-9)
  if (!logarithmic) return (value) => labelWidth + (plotWidth * Math.max(0, value)) / most
  const least = Math.min(...values, most) / 3
  const span = Math.log(most / least) || 1
  return (value) => labelWidth + (plotWidth * Math.max(0, Math.log(Math.max(value, least) / least))) / span
}

function bar({ label, low, value, high, limit, text }: Bar, y: number, x: (value: number) => number): Html {
  const middle = y + rowHeight / 2
  const over = limit !== undefined && high > limit
  return html`<text x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${label}</text>
<rect x="${labelWidth}" y="${y + 5}" width="${Math.max(1, x(value) - labelWidth)}" height="${rowHeight - 10}" class="${over ? 'bar over' : 'bar'}"/>
<path d="M${x(low)} ${middle}H${x(high)}M${x(low)} ${middle - 4}v8M${x(high)} ${middle - 4}v8" class="whisker"/>
${limit === undefined ? undefined : html`<path d="M${x(limit)} ${y}v${rowHeight}" class="limit"/>`}
<text x="${width - textWidth + 8}" y="${middle + 4}">${text}</text>\n`
}

/** One moment of a trend. */
export interface TrendPoint {
  readonly label: string
  readonly low: number
  readonly value: number
  readonly high: number
}

const trendHeight = 200
const left = 78
const bottom = 34

/** A line over the rehearsals with the band of its intervals, and a limit to stay below. */
export function trend(
  title: string,
  points: readonly TrendPoint[],
  limit: number | undefined,
  spoken: (value: number) => string,
): Html {
  const most = Math.max(...points.map(({ high }) => high), (limit ?? 0) * 1.05, 1e-9)
  const x = (i: number): number => left + ((width - left - 30) * (i + 0.5)) / points.length
  const y = (value: number): number => 10 + (trendHeight - bottom - 10) * (1 - value / most)
  const upper = points.map(({ high }, i) => `${x(i)},${y(high)}`)
  const lower = points.map(({ low }, i) => `${x(i)},${y(low)}`).reverse()
  const line = points.map(({ value }, i) => `${x(i)},${y(value)}`).join(' ')
  const ticks = [0, most / 2, most]
  return html`<svg class="plot" role="img" aria-label="${title}" viewBox="0 0 ${width} ${trendHeight}" width="100%">
<title>${title}</title>
${ticks.map((t) => html`<path d="M${left} ${y(t)}H${width - 20}" class="grid"/><text x="${left - 6}" y="${y(t) + 4}" text-anchor="end">${spoken(t)}</text>\n`)}
<polygon points="${[...upper, ...lower].join(' ')}" class="band"/>
<polyline points="${line}" class="line"/>
${points.map(({ value }, i) => html`<circle cx="${x(i)}" cy="${y(value)}" r="3" class="dot"/>`)}
${limit === undefined ? undefined : html`<path d="M${left} ${y(limit)}H${width - 20}" class="limit"/>`}
${labelled(points).map(([label, i]) => html`<text x="${x(i)}" y="${trendHeight - 10}" text-anchor="middle">${label}</text>\n`)}</svg>\n`
}

const mostLabels = 8

/** Not so many labels that they run into one another. */
function labelled(points: readonly TrendPoint[]): [string, number][] {
  const every = Math.ceil(points.length / mostLabels)
  return points.flatMap(({ label }, i): [string, number][] => (i % every === 0 ? [[label, i]] : []))
}

/** Something that goes on over time: values in equal steps from the beginning. */
export interface Strip {
  readonly label: string
  readonly values: readonly number[]
  /** What is written beside it. */
  readonly text: string
}

const stripHeight = 34

/** One strip below the other on one axis of time, each as high as its own greatest value, for they lie decades apart. */
export function strips(title: string, rows: readonly Strip[], ticks: readonly string[]): Html {
  const height = rows.length * stripHeight + bottom
  const foot = rows.length * stripHeight + 6
  const at = (i: number): number => labelWidth + (plotWidth * i) / Math.max(1, ticks.length - 1)
  return html`<svg class="plot" role="img" aria-label="${title}" viewBox="0 0 ${width} ${height}" width="100%">
<title>${title}</title>
${ticks.map((_tick, i) => html`<path d="M${at(i)} 2V${foot}" class="grid"/>`)}
${rows.map((row, i) => strip(row, i * stripHeight + 4))}
${ticks.map((tick, i) => html`<text x="${at(i)}" y="${foot + 16}" text-anchor="middle">${tick}</text>\n`)}</svg>\n`
}

function strip({ label, values, text }: Strip, top: number): Html {
  const most = Math.max(...values, 1e-9)
  const base = top + stripHeight - 6
  const x = (i: number): number => labelWidth + (plotWidth * i) / Math.max(1, values.length)
  const y = (value: number): number => base - ((stripHeight - 10) * value) / most
  const steps = values.map((value, i) => `L${x(i)} ${y(value)}H${x(i + 1)}`).join('')
  return html`<text x="${labelWidth - 8}" y="${base - 6}" text-anchor="end">${label}</text>
<path d="M${labelWidth} ${base}${steps}V${base}Z" class="bar"/>
<path d="M${labelWidth} ${base}H${labelWidth + plotWidth}" class="grid"/>
<text x="${width - textWidth + 8}" y="${base - 6}">${text}</text>\n`
}
