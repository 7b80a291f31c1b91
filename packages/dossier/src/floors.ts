import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'

/** A period that must have passed before anything is destroyed. */
export type FloorName = 'acknowledgement' | 'notice' | 'retrieval'

/** One floor of an operation, judged. */
export interface Floor {
  readonly name: FloorName
  /** ISO 8601: the longest of the contract's own and its rules'. */
  readonly duration: string
  /** Rules and `contract` that ask for that duration. */
  readonly rules: readonly string[]
  /** What it is counted from; absent while that has not happened. */
  readonly from?: IsoTime
  readonly until?: IsoTime
  /** On whose word `from` rests; documents repeat it. */
  readonly clock: 'client-signed' | "host's clock"
  /** Waived by a document that the client signed. */
  readonly waived: boolean
  /** Over, or waived. */
  readonly elapsed: boolean
}

export function floorsOf(
  _terms: LoadedContract,
  _events: readonly LedgerEvent[],
  _operation: string,
  _now: Date,
): Floor[] {
  throw new Error('todo')
}
