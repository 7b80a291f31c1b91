import type { LedgerEvent } from './documents/ledger-event.ts'

/**
 * Serial number of the medium on which an event says that packages were handed over, or began to be: a copy from then on, whatever became
 * of that delivery. Undefined for any other event.
 */
export function putOnMedium({ type, body: { medium } }: LedgerEvent): string | undefined {
  const isPut = type === 'delivered' || type === 'delivery-started'
  return isPut && typeof medium === 'string' ? medium : undefined
}
