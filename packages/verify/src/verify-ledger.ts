import type { Checkpoint, Fingerprint, LedgerEvent } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { Report } from './report.ts'

/** A ledger, read. */
export interface LedgerReading {
  readonly report: Report
  /** Every line that is an event, even when the chain is broken. */
  readonly events: readonly LedgerEvent[]
  readonly head: Checkpoint | undefined
}

export async function verifyLedgerLines(_o: {
  readonly lines: AsyncIterable<Uint8Array>
  readonly keys: ReadonlyMap<Fingerprint, PublicKey>
}): Promise<LedgerReading> {
  throw new Error('todo')
}
