import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'

/** What somebody has to do next. */
export type DueActionName =
  | 'export'
  | 'deliver'
  | 'acknowledge'
  | 'remind-client'
  | 'escalate'
  | 'answer-contest'
  | 'give-notice'
  | 'wait-floors'
  | 'authorise'
  | 'destroy'
  | 'certify'
  | 'certify-final'

/** One thing to do, by whom and until when. */
export interface DueAction {
  readonly operation: string
  readonly action: DueActionName
  readonly by: 'host' | 'client'
  /** Absent where no deadline applies. */
  readonly due?: IsoTime
  readonly overdue: boolean
  /** Rules, or `contract`, that the deadline comes from. */
  readonly rules: readonly string[]
}

export function dueActions(
  _terms: LoadedContract,
  _events: readonly LedgerEvent[],
  _now: Date,
): DueAction[] {
  throw new Error('todo')
}
