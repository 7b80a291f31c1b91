import type { IsoTime, SilenceStep } from '@restitute/manifest'

/** What somebody has to do next. */
export type DueActionName =
  | 'approve-export'
  | 'export'
  | 'deliver'
  | 'acknowledge'
  | SilenceStep['action']
  | 'answer-request'
  | 'justify-delay'
  | 'answer-contest'
  | 'give-notice'
  | 'wait-floors'
  | 'authorise'
  | 'destroy'
  | 'certify'
  | 'certify-final'
  | 'notify-client'
  | 'document-incident'
  | 'close-incident'
  | 'renew-certification'
  | 'record-certification-loss'
  | 'offer-reversibility'
  | 'withdraw-roles'
  | 'review-log'
  | 'purge-log'

/** One thing to do, by whom and until when. */
export interface DueAction {
  /** `dossier` for what concerns the whole case. */
  readonly operation: string
  readonly action: DueActionName
  readonly by: 'host' | 'client'
  /** Absent where no deadline applies. For `wait-floors`: when the last floor ends. */
  readonly due?: IsoTime
  readonly overdue: boolean
  /** Rules, or `contract`, that the deadline comes from. */
  readonly rules: readonly string[]
  /** Sequence number of the event that it answers. */
  readonly event?: number
  /** Name of the person of the client to turn to (EXI 25). */
  readonly contact?: string
}

/** A due action before it is known whose operation it is. */
export type Due = Omit<DueAction, 'operation' | 'overdue'>
