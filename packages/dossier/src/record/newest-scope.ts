import type { IsoTime, LedgerEvent } from '@restitute/manifest'
import { bodyText } from '../event-body.ts'
import type { Signed } from '../signatures.ts'

/**
 * The scope recorded before, of the same operation, that the client signed later than at `signedAt`: whoever records them
 * last cannot make one that was kept back count against what the client said since. Undefined where there is none.
 */
export function newerScope(
  before: readonly LedgerEvent[],
  operation: string,
  signedAt: IsoTime,
): LedgerEvent | undefined {
  return before.find(
    (event) =>
      event.type === 'scoped' && event.operation === operation && bodyText(event.body, 'signedAt') > signedAt,
  )
}

/** Throws where the client has signed a newer scope: by the signatures themselves, since an event may leave its time out. */
export function checkNewestScope(
  events: readonly LedgerEvent[],
  { sequence, operation }: LedgerEvent,
  clients: readonly Signed[],
): void {
  const before = events.filter((event) => event.sequence < sequence)
  const [signedAt = ''] = clients
    .map((one) => one.signedAt)
    .toSorted()
    .toReversed()
  const newer = newerScope(before, operation, signedAt)
  if (newer !== undefined) throw new Error(`the client signed another one after it, event ${newer.sequence}`)
}
