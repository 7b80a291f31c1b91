import type { JsonObject } from '@restitute/core'
import type { Checkpoint, EventType, LedgerEvent } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'

/** An event to add. */
export interface AppendOptions {
  readonly type: EventType
  /** `R1`, … or `dossier` for what concerns the whole case. */
  readonly operation: string
  readonly body: JsonObject
  /** Of the natural person who acts. */
  readonly key: PrivateKey
  readonly at: Date
  /** Their key as the event itself brings it in force: a new file of it may give it a longer life. */
  readonly knownAs?: PublicKey
}

/** The append-only, hash-chained, signed list of what happened (design §4). */
export interface Ledger {
  /**
   * All events so far, verified when the dossier was opened; the array is replaced, never changed, by
   * `append`.
   */
  events(): readonly LedgerEvent[]
  /** Undefined while nothing has happened. */
  head(): Checkpoint | undefined
  /** What was found and repaired or left out when reading, one English sentence each. */
  notes(): readonly string[]
  /**
   * Signs the event and resolves once it is on stable storage. Takes the dossier's lock when the caller does
   * not hold it. Concurrent calls are put in a row. Throws `guard-refused` (guard `floors`) when `at` is
   * before the last event or its key acts beyond its mandate (guard `mandate`), `key-wrong` when the key is nobody's in the contract, `key-unfit` when
   * the public file that the contract has of it does not bear out what it signs, `dossier-locked`, `destination-full`.
   */
  append(o: AppendOptions): Promise<LedgerEvent>
  /** Throws what `append` would throw for who may not write such an event, or not now: to be asked before long work. */
  assertMay(o: Pick<AppendOptions, 'type' | 'key' | 'at'>): Promise<void>
}
