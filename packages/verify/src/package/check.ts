import type { Package } from '@restitute/archive'
import type { Findings } from '../findings.ts'
import type { SoundVolumes } from './sound-volumes.ts'
import type { VerifyWorkers } from './workers.ts'

/** One verification of one package while it runs. */
export interface Check {
  readonly package: Package
  readonly findings: Findings
  readonly workers: VerifyWorkers
  /** What an earlier run found sound, and this one. */
  readonly sound: SoundVolumes
  /** Files that are not as recorded, or could not be opened: what is in them is not looked at further. */
  readonly broken: Set<string>
  /** Plain sentences for the report. */
  readonly notChecked: string[]
  readonly signal: AbortSignal | undefined
  /** Gets the bytes that were read, as they are read. */
  readonly onBytes: (bytes: number) => void
}
