import type { LedgerEvent, PackageRef, Sha256 } from '@restitute/manifest'

/** The stages of an operation, in their order. */
export const stageNames = [
  'requested',
  'scoped',
  'exporting',
  'exported',
  'delivered',
  'acknowledged',
  'notified',
  'authorised',
  'destroying',
  'certified-partial',
  'certified',
] as const

/** One of {@link stageNames}. */
export type Stage = (typeof stageNames)[number]

/** Where an operation stands, from its events alone. */
export interface OperationState {
  readonly operation: string
  /** Undefined before its first event. */
  readonly stage: Stage | undefined
  /** Open contests, holds, withdrawals and an unanswered refusal: nothing is destroyed while there is one. */
  readonly held: readonly LedgerEvent[]
  /** Open incidents. */
  readonly incidents: readonly LedgerEvent[]
  /** Every package exported so far, in order. */
  readonly packages: readonly PackageRef[]
  /** The packages that were handed over. */
  readonly delivered: readonly PackageRef[]
  /** The last `delivered` event. */
  readonly delivery?: LedgerEvent
  /** The receipt that answers the last delivery. */
  readonly acknowledgement?: LedgerEvent
  /** The newest order. */
  readonly orderSha256?: Sha256
}

export function stateOf(_events: readonly LedgerEvent[], _operation: string): OperationState {
  throw new Error('todo')
}
/** Names of the operations in the order of their first event; `dossier` is none. */
export function operationsOf(events: readonly LedgerEvent[]): string[] {
  return [...new Set(events.map(({ operation }) => operation))].filter((name) => name !== 'dossier')
}
