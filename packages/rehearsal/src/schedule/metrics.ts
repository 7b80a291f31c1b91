import type { Rehearsal, RehearsalVerdict } from '@restitute/manifest'

/** What the alarms need to know of a dossier's rehearsals. */
export interface MetricsState {
  readonly reference: string
  readonly last?: Rehearsal
  /** Before that one; for a change of verdict. */
  readonly before?: Rehearsal
  /** Due moments that nothing was done at, and attempts that failed, since this scheduler began. */
  readonly missed: number
  readonly failed: number
  readonly next?: Date
}

const verdicts: readonly RehearsalVerdict[] = ['holds', 'at-risk', 'does-not-hold', 'no-deadline']

/** Text for Prometheus' textfile collector (exposition format 0.0.4). */
export function metricsText({ reference, last, before, missed, failed, next }: MetricsState): string {
  const label = `{contract="${escaped(reference)}"}`
  const seconds = (time: string): number => Date.parse(time) / 1000
  const lines = [
    ...metric(
      'passed',
      'whether the last rehearsal did all its steps',
      last && [[label, last.passed ? 1 : 0]],
    ),
    ...metric('ended_timestamp_seconds', 'when it ended', last && [[label, seconds(last.endedAt)]]),
    ...metric(
      'verdict',
      'whether the deadlines would hold: 1 at the verdict in force',
      last &&
        verdicts.map((one) => [
          `{contract="${escaped(reference)}",verdict="${one}"}`,
          one === last.verdict ? 1 : 0,
        ]),
    ),
    ...metric(
      'verdict_changed',
      'whether the verdict is another one than of the rehearsal before',
      last && [[label, before && before.verdict !== last.verdict ? 1 : 0]],
    ),
    ...metric(
      'delivered_high_seconds',
      'upper bound of the time until everything is delivered',
      last?.forecast && [[label, last.forecast.delivered.high]],
    ),
    ...metric('missed_total', 'rehearsals that were due while nothing ran', [[label, missed]]),
    ...metric('failed_total', 'rehearsals that could not be done', [[label, failed]]),
    ...metric('next_timestamp_seconds', 'when the next one is due', next && [[label, next.getTime() / 1000]]),
  ]
  return `${lines.join('\n')}\n`
}

function metric(
  name: string,
  help: string,
  values: readonly (readonly [string, number])[] | undefined,
): string[] {
  if (values === undefined) return []
  const full = `restitute_rehearsal_${name}`
  const type = name.endsWith('_total') ? 'counter' : 'gauge'
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${type}`,
    ...values.map(([label, value]) => `${full}${label} ${value}`),
  ]
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
