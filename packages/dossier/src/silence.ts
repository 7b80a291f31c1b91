import { isoTime } from '@restitute/core'
import { type IsoTime, type LedgerEvent, type SilenceStep, silenceSteps } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { boundOf, termsOf } from './deadlines/terms.ts'
import { eventsFor, type OperationState } from './operation-state.ts'
import { after } from './starts.ts'

/** When the client's receipt is due, and who asks for it. */
export interface AwaitedReceipt {
  readonly due: IsoTime
  readonly rules: readonly string[]
}

/** When the receipt for the last delivery is due; undefined without delivery or without such a deadline. */
export function receiptDue(
  { contract }: LoadedContract,
  { delivery }: OperationState,
): AwaitedReceipt | undefined {
  if (delivery === undefined) return undefined
  const asked = termsOf(contract).filter(({ name }) => name === 'acknowledgement')
  const bound = boundOf(asked, 'floor', () => delivery.at)
  return bound && { due: bound.until, rules: bound.rules }
}

/** A step that the client's silence calls for by now, and since when. */
export interface DueStep extends Pick<SilenceStep, 'action'> {
  readonly due: IsoTime
}

/**
 * What the client's silence calls for (R31): reminders, the referent, a registered notice, and in the end only
 * to keep everything, held. The recorded reminders since the delivery tick the first steps off, in their order;
 * nothing ever ticks off the last one but the client's word. Empty once there is a receipt. Pure.
 */
export function silence(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): DueStep[] {
  const { delivery, acknowledgement } = state
  if (delivery === undefined || acknowledgement !== undefined) return []
  const first = receiptDue(terms, state)?.due ?? ''
  const reminded = eventsFor(events, state.operation).filter(
    ({ type, sequence }) => type === 'reminder' && sequence > delivery.sequence,
  ).length
  return silenceSteps
    .map(({ action, after: duration }) => ({ action, due: latest(after(delivery.at, duration), first) }))
    .filter(({ due, action }, i) => due <= isoTime(now) && (i >= reminded || action === 'keep-held'))
}

function latest(a: IsoTime, b: IsoTime): IsoTime {
  return a > b ? a : b
}

/** Whether an operation is held because nobody answers; there is no automatic way out. Pure. */
export function isHeldBySilence(
  terms: LoadedContract,
  events: readonly LedgerEvent[],
  state: OperationState,
  now: Date,
): boolean {
  return silence(terms, events, state, now).some(({ action }) => action === 'keep-held')
}
