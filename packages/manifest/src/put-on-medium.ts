import type { LedgerEvent } from './documents/ledger-event.ts'

/**
 * Serial number of the medium on which an event says that packages were handed over, or began to be: a copy from then on, whatever became
 * of that delivery. Undefined for any other event.
 */
export function putOnMedium({ type, body: { medium } }: LedgerEvent): string | undefined {
  const isPut = type === 'delivered' || type === 'delivery-started'
  return isPut && typeof medium === 'string' ? medium : undefined
}

/**
 * Whether an event says that its copy needs nothing more of the host: its holder declared its end, or the client, of a medium that was
 * handed over, that it keeps it.
 */
export function isLastWord({ type, body: { copy } }: LedgerEvent): boolean {
  if (type === 'declaration') return true
  return type === 'custody' && typeof copy === 'string' && copy.startsWith('medium/')
}
