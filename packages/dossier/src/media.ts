import { type LedgerEvent, putOnMedium } from '@restitute/manifest'
import { bodyText } from './event-body.ts'
import { eventsFor } from './operation-state.ts'

/** A medium on which packages were handed over, or began to be: a copy until it is declared to have ended (R25, R33). */
export interface DeliveredMedium {
  /** In the register of copies: `medium/<serial>`. */
  readonly name: string
  readonly serial: string
  readonly seal?: string
  readonly carrier?: string
  readonly recipient?: string
}

/** The media of an operation in the order of their delivery, each once; the newest delivery describes it. */
export function mediaOf(events: readonly LedgerEvent[], operation: string): DeliveredMedium[] {
  const media = eventsFor(events, operation)
    .filter((event) => putOnMedium(event) !== undefined)
    .map(mediumOf)
  return [...new Map(media.map((medium) => [medium.name, medium])).values()]
}

function mediumOf({ body }: LedgerEvent): DeliveredMedium {
  const serial = bodyText(body, 'medium')
  const optional = (['seal', 'carrier', 'recipient'] as const).flatMap((name) => {
    const value = bodyText(body, name)
    return value === '' ? [] : [[name, value]]
  })
  return { name: `medium/${serial}`, serial, ...Object.fromEntries(optional) }
}
