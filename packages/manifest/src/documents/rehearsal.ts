import type { ChargeKind } from '../charges.ts'
import type { Checkpoint, DocumentHead, Fingerprint, IsoTime, Sha256 } from './common.ts'
import type { IndicatorMeasure } from './contract.ts'
import type { Measurement, Tally } from './package-manifest.ts'

/** Bounds between which the truth lies in nine cases of ten; seconds. */
export interface SecondsInterval {
  readonly low: number
  readonly estimate: number
  readonly high: number
}

/** A harm that a rehearsal does to a copy of its package: each must be found out (R43). */
export type NegativeControl = 'flip' | 'cut' | 'omit' | 'swap' | 'replay'

/** `at-risk`: the estimate keeps the deadline, the upper bound does not. `no-deadline`: nothing to keep. */
export type RehearsalVerdict = 'holds' | 'at-risk' | 'does-not-hold' | 'no-deadline'

/** A step of a rehearsal. */
export type RehearsalStep =
  | 'keys'
  | 'export'
  | 'deliver'
  | 'verify'
  | 'restore'
  | 'compare'
  | 'controls'
  | 'destroy'

/** What went wrong in a rehearsal, without names. */
export interface RehearsalFailure {
  readonly step: RehearsalStep
  /** Of the error table, or of the table of findings. */
  readonly code: string
  readonly message: string
}

/** One source of a rehearsal. */
export interface RehearsedSourceRecord {
  readonly name: string
  readonly kind: string
  readonly inventoried: Tally
  /** Exported whole. */
  readonly drawn: Tally
  /** Items of which only some pieces were exported: measured, not restored. */
  readonly inPart: number
  readonly strata: readonly {
    readonly name: string
    readonly volumes: number
    readonly drawn: number
    readonly items: number
    readonly bytes: number
  }[]
  /** Rebuilt on an empty target and compared by content; absent when it was not, then `notRestored` says why. */
  readonly restored?: Tally & { readonly different: number }
  readonly notRestored?: string
  /** What a full export of it would cost: seconds of workers for a volume, an item, a byte, and for all of it. */
  readonly cost?: {
    readonly perVolume: number
    readonly perItem: number
    readonly perByte: number
    readonly work: SecondsInterval
  }
}

/** How long the whole would take, out of what was measured. */
export interface ForecastRecord {
  readonly from: IsoTime
  /** Share of cases in which the intervals hold. */
  readonly level: number
  readonly workers: number
  /** Relative spread of whole runs around their forecasts that the intervals allow for. */
  readonly runSpread: number
  readonly bytes: number
  /** Ciphertext. */
  readonly written: number
  readonly export: SecondsInterval
  readonly delivery: SecondsInterval
  /** From the request until the client has everything. */
  readonly delivered: SecondsInterval
  /** By the client. */
  readonly verification: SecondsInterval
  readonly bottleneck: { readonly stage: string; readonly source?: string; readonly share: number }
  /** What another circumstance would give. */
  readonly instead: readonly {
    readonly change: 'twice-the-workers' | 'twice-the-link' | 'no-windows' | 'a-year-of-growth'
    readonly delivered: SecondsInterval
    readonly verdict: RehearsalVerdict
  }[]
  /** Bytes a day, over the rehearsals before; absent with fewer than two, or when nothing grew. */
  readonly growth?: { readonly bytesPerDay: number; readonly since: IsoTime; readonly rehearsals: number }
}

/** A deadline against the forecast. */
export interface ForecastDeadline {
  readonly name: string
  readonly rules: readonly string[]
  readonly duration: string
  readonly ends: IsoTime
  readonly allowedSeconds: number
  readonly needed: SecondsInterval
  readonly verdict: Exclude<RehearsalVerdict, 'no-deadline'>
}

/** Bytes through each stage over the time of a rehearsal, in at most sixty steps from its beginning. */
export interface TimelineRecord {
  readonly stepSeconds: number
  readonly stages: readonly { readonly stage: string; readonly bytes: readonly number[] }[]
}

/** What the restitution forecast would cost by the contract's rates, in whole euro cents before tax (R41). */
export interface CostRecord {
  readonly lines: readonly {
    readonly for: ChargeKind
    readonly rateCents: number
    /** Gigabytes, hours, or 1. */
    readonly quantity: number
    readonly cents: number
    /** Name of the law that forbids charging for it. */
    readonly free?: string
  }[]
  readonly cents: number
}

/** An indicator of the contract as this rehearsal has it (EXI 26). */
export interface IndicatorRecord {
  readonly measure: IndicatorMeasure
  /** As in the contract. */
  readonly target: string
  /** Seconds, or bytes per second, by the estimate; absent where this rehearsal could not tell. */
  readonly measured?: number
  readonly kept?: boolean
  /** What it would cost the host if it were real. */
  readonly penaltyCents: number
}

/** The report of a rehearsal (R42–R44). Signed by who ran it, or by the key that a mandate lets run it. */
export interface Rehearsal extends DocumentHead {
  readonly schema: 'restitute/rehearsal/v1'
  /** For instance `REH3`. */
  readonly name: string
  readonly startedAt: IsoTime
  readonly endedAt: IsoTime
  /** Share of each stratum that was asked for; 1 for all. */
  readonly share: number
  readonly seed: string
  readonly manifestSha256?: Sha256
  readonly sources: readonly RehearsedSourceRecord[]
  readonly measurements: readonly Measurement[]
  readonly timeline?: TimelineRecord
  readonly controls: readonly { readonly control: NegativeControl; readonly caught: boolean }[]
  /** The throwaway copies: the dry run of destruction. */
  readonly destroyed: readonly {
    readonly copy: string
    readonly technique: string
    readonly state: 'present' | 'absent' | 'could-not-check'
  }[]
  readonly failures: readonly RehearsalFailure[]
  /** Absent when it failed before anything could be measured. */
  readonly forecast?: ForecastRecord
  readonly deadlines: readonly ForecastDeadline[]
  readonly costs?: CostRecord
  readonly indicators?: readonly IndicatorRecord[]
  readonly verdict: RehearsalVerdict
  /** Every step done, every copy equal, every harm found out, every throwaway gone. */
  readonly passed: boolean
  readonly by: Fingerprint
  readonly ledger?: Checkpoint
}
