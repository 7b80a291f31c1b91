import type { IsoTime, LedgerEvent, Milestone } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { endOf } from './deadlines/calendar.ts'
import { boundOf, termsOf } from './deadlines/terms.ts'
import { bodyText } from './event-body.ts'
import type { OperationState } from './operation-state.ts'

/** A moment of an operation, and on whose word it rests. */
export interface Start {
  readonly at: IsoTime
  readonly clock: 'time-stamped' | 'client-signed' | "host's clock"
}

/**
 * When a clock of an operation began; undefined while it has not. The request counts from the client's
 * signature, the delivery and the notice from the host's event; or, where that is later, from the stamp on receipt
 * or notice, failing one from the client's signature over them: the host alone can write an early event, but
 * neither an early stamp nor an early signature of the client.
 */
export function startOf(
  terms: LoadedContract,
  state: OperationState,
  milestone: Milestone,
): Start | undefined {
  switch (milestone) {
    case 'requested':
      return requested(state)
    case 'transition':
      return transition(terms, state)
    case 'delivered':
      return laterOf(state.delivery, state.acknowledgement)
    case 'ended':
      return ended(state)
    case 'consented':
      return consented(state)
    case 'noticed':
      return laterOf(state.notice, state.notice)
    case 'answered':
    case 'justified':
    case 'destroyed':
      return undefined
  }
}

function laterOf(event: LedgerEvent | undefined, signed: LedgerEvent | undefined): Start | undefined {
  if (event === undefined) return undefined
  const stampedAt = bodyText(signed?.body ?? {}, 'stampedAt')
  if (stampedAt >= event.at) return { at: stampedAt, clock: 'time-stamped' }
  const signedAt = bodyText(signed?.body ?? {}, 'signedAt')
  return signedAt >= event.at ? byClient(signedAt) : { at: event.at, clock: "host's clock" }
}

function byClient(at: IsoTime): Start {
  return { at, clock: 'client-signed' }
}

/** The first request: a later one for a further source gives the others no more time. */
function requested({ requests }: OperationState): Start | undefined {
  const [first] = requests
  if (first === undefined) return undefined
  const signedAt = bodyText(first.body, 'signedAt')
  return signedAt === '' ? { at: first.at, clock: "host's clock" } : byClient(signedAt)
}

/** After the notice that the contract asks of a client who switches. */
function transition({ contract }: LoadedContract, state: OperationState): Start | undefined {
  const start = requested(state)
  if (start === undefined) return undefined
  const own = termsOf(contract).filter(({ name }) => name === 'switching')
  return { ...start, at: boundOf(own, 'floor', () => start.at)?.until ?? start.at }
}

/** The end of the contract where the client names one, but never before the delivery. */
function ended(state: OperationState): Start | undefined {
  const delivered = laterOf(state.delivery, state.acknowledgement)
  const named =
    state.requests
      .map(({ body }) => bodyText(body, 'endsAt'))
      .sort()
      .at(-1) ?? ''
  return delivered !== undefined && named > delivered.at ? byClient(named) : delivered
}

function consented({ acknowledgement }: OperationState): Start | undefined {
  if (acknowledgement?.body['consent'] !== true) return undefined
  const signedAt = bodyText(acknowledgement.body, 'signedAt')
  return signedAt === '' ? { at: acknowledgement.at, clock: "host's clock" } : byClient(signedAt)
}

/** A period in calendar days or hours after a moment. */
export function after(from: IsoTime, duration: string): IsoTime {
  return endOf(from, { duration, days: 'calendar' })
}
