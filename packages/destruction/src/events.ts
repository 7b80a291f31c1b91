import { orderSigners } from '@restitute/dossier'
import { type Fingerprint, isLastWord, type LedgerEvent, putOnMedium, type Sha256 } from '@restitute/manifest'

/** What the ledger says of one copy under one order. */
export interface CopyHistory {
  /** Somebody began to destroy it, under this order or an earlier one of the operation. */
  readonly attempted: boolean
  /** Newest attempt under the order. */
  readonly started: LedgerEvent | undefined
  /** What the newest attempt came to; absent after a crash. */
  readonly finished: LedgerEvent | undefined
  readonly done: boolean
  /** The newest sighting of this very copy, before anything was done to it, by someone other than its executors. */
  readonly seen: LedgerEvent | undefined
  /** Newest probe since the newest attempt. */
  readonly probed: LedgerEvent | undefined
  /** The newest word of whoever holds it: that it has ended, or, a client's on a medium, that it is kept. */
  readonly declared: LedgerEvent | undefined
  /** Nothing has shown the copy there since that word. */
  readonly declaredGone: boolean
}

/** Reads the history of a copy of an order out of the ledger. */
export function historyOf(
  events: readonly LedgerEvent[],
  order: { readonly sha256: Sha256; readonly operation: string },
  copy: { readonly name: string; readonly fingerprint?: string },
): CopyHistory {
  const own = events.filter((e) => e.operation === order.operation && e.body['copy'] === copy.name)
  const attempts = own.filter((e) => e.type === 'destruction-started' && isOf(e, order.sha256))
  const started = attempts.at(-1)
  const since = own.filter((e) => e.sequence > (started?.sequence ?? 0))
  const finished =
    started && since.findLast((e) => e.type === 'destruction-finished' && isOf(e, order.sha256))
  const declared = own.findLast(isLastWord)
  const shown = events.findLast((e) => e.operation === order.operation && showsThere(e, copy))
  return {
    attempted: own.some(({ type }) => type === 'destruction-started'),
    started,
    finished,
    done: finished?.body['result'] === 'done',
    seen: own.findLast((e) => isSighting(e, copy.fingerprint, attempts)),
    probed: since.findLast((e) => e.type === 'copy-probed'),
    declared,
    declaredGone: declared !== undefined && declared.sequence > (shown?.sequence ?? 0),
  }
}

/** A verifier saw it, or packages were handed over on it: a medium that came back is used again. */
function showsThere(
  event: LedgerEvent,
  copy: { readonly name: string; readonly fingerprint?: string },
): boolean {
  const medium = putOnMedium(event)
  if (medium !== undefined) return copy.name === `medium/${medium}`
  const { type, body } = event
  const isSeen = type === 'copy-seen' && body['copy'] === copy.name && body['state'] === 'present'
  return isSeen && body['fingerprint'] === copy.fingerprint
}

/** Everyone who destroyed something under the order. */
export function executorsOf(events: readonly LedgerEvent[], orderSha256: Sha256): readonly Fingerprint[] {
  const started = events.filter((e) => e.type === 'destruction-started' && isOf(e, orderSha256))
  return [...new Set(started.map((e) => e.person))]
}

/** The first attempt to destroy something under the order. */
export function firstAttempt(events: readonly LedgerEvent[], orderSha256: Sha256): LedgerEvent | undefined {
  return events.find((e) => e.type === 'destruction-started' && isOf(e, orderSha256))
}

/** Everyone whose signature on the order the ledger held before the first attempt under it: a later one authorised nothing. */
export function signersBefore(events: readonly LedgerEvent[], orderSha256: Sha256): ReadonlySet<unknown> {
  const first = firstAttempt(events, orderSha256)?.sequence ?? Number.POSITIVE_INFINITY
  return orderSigners(
    events.filter(({ sequence }) => sequence < first),
    orderSha256,
  )
}

function isOf(event: LedgerEvent, orderSha256: Sha256): boolean {
  return event.body['orderSha256'] === orderSha256
}

function isSighting(
  event: LedgerEvent,
  fingerprint: string | undefined,
  attempts: readonly LedgerEvent[],
): boolean {
  return (
    event.type === 'copy-seen' &&
    event.body['state'] === 'present' &&
    event.body['fingerprint'] === fingerprint &&
    attempts.every((attempt) => event.sequence < attempt.sequence && event.person !== attempt.person)
  )
}
