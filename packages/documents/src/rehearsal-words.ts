import type {
  ChargeKind,
  ForecastRecord,
  IndicatorMeasure,
  NegativeControl,
  RehearsalStep,
  RehearsalVerdict,
} from '@restitute/manifest'

/** What the pages of a rehearsal say. */
export interface RehearsalWords {
  readonly title: string
  readonly lead: string
  readonly verdicts: Readonly<Record<RehearsalVerdict, string>>
  readonly passed: string
  readonly failed: string
  readonly done: string
  readonly name: string
  readonly period: string
  readonly share: string
  readonly sources: string
  readonly source: string
  readonly inventoried: string
  readonly drawn: string
  readonly inPart: string
  readonly outcome: string
  readonly equal: string
  readonly different: (items: number) => string
  readonly notRestored: string
  readonly chainBroken: string
  readonly noTarget: string
  readonly forecast: string
  readonly forecastNote: (percent: number, workers: number, spread: number) => string
  readonly phases: { readonly export: string; readonly delivery: string; readonly verification: string }
  readonly delivered: string
  readonly deadlines: string
  readonly deadline: string
  readonly askedBy: string
  readonly allowed: string
  readonly needed: string
  readonly verdict: string
  readonly short: Readonly<Record<RehearsalVerdict, string>>
  readonly deadlineNames: Readonly<Record<string, string>>
  readonly bottleneck: string
  readonly bottleneckOf: (stage: string, source: string | undefined, percent: number) => string
  readonly stages: Readonly<Record<string, string>>
  readonly instead: string
  readonly changes: Readonly<Record<ForecastRecord['instead'][number]['change'], string>>
  readonly growth: (bytesPerDay: string, rehearsals: number) => string
  readonly indicators: string
  readonly indicatorsNote: string
  readonly indicator: string
  readonly target: string
  readonly measured: string
  readonly notMeasured: string
  readonly keptHead: string
  /** By `true`, `false` and `undefined`. */
  readonly kept: Readonly<Record<string, string>>
  readonly penalty: string
  readonly measures: Readonly<Record<IndicatorMeasure, string>>
  readonly costs: string
  readonly costsNote: string
  readonly sum: string
  readonly charge: string
  readonly quantity: string
  readonly rate: string
  readonly amount: string
  readonly why: string
  readonly free: string
  readonly charges: Readonly<Record<ChargeKind, string>>
  readonly copy: string
  readonly method: string
  readonly seen: string
  readonly copies: (copy: string) => string
  readonly throughput: string
  readonly overTime: string
  readonly overTimeNote: string
  readonly atMost: string
  readonly perSecond: string
  readonly trend: string
  readonly controls: string
  readonly controlsNote: string
  readonly control: Readonly<Record<NegativeControl, string>>
  readonly caught: string
  readonly notCaught: string
  readonly failures: string
  readonly steps: Readonly<Record<RehearsalStep, string>>
  readonly destroyed: string
  readonly destroyedNote: string
  readonly states: Readonly<Record<'present' | 'absent' | 'could-not-check', string>>
  readonly limits: string
  readonly limitLines: readonly string[]
  /** Of anything but a whole. */
  readonly sampleLimit: string
  readonly units: {
    readonly day: string
    readonly hour: string
    readonly minute: string
    readonly second: string
  }
}
