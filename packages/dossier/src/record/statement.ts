import type { DocumentHead } from '@restitute/manifest'

/** What only the client's signed word can lift; hence machine-readable. */
export type StatementKind = 'contest-closed' | 'release' | 'waiver'

/** What the client may waive. */
export type Waivable = 'notice' | 'retrieval' | 'single-key'

/** A signed statement that lifts a protection. */
export interface Statement extends DocumentHead {
  readonly schema: 'restitute/statement/v1'
  readonly kind: StatementKind
  /** For people. */
  readonly text: string
  /** The event that it closes: `contest-closed`, `release`. */
  readonly of?: number
  /** What it waives: `waiver`. */
  readonly waives?: readonly Waivable[]
}

export function statementBytes(_statement: Statement): Uint8Array {
  throw new Error('todo')
}
