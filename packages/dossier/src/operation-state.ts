import type { EventType, LedgerEvent, PackageRef, Sha256, Waivable } from '@restitute/manifest'
import { bodyText, bodyTexts } from './event-body.ts'
import { orderSigners } from './order-signers.ts'

/** The stages of an operation, in their order. */
export const stageNames = [
  'requested',
  'scoped',
  'exporting',
  'exported',
  'delivered',
  'acknowledged',
  'notified',
  'authorised',
  'destroying',
  'certified-partial',
  'certified',
] as const

/** One of {@link stageNames}. */
export type Stage = (typeof stageNames)[number]

/** Where an operation stands, from its events alone. */
export interface OperationState {
  readonly operation: string
  /** Undefined before its first event. */
  readonly stage: Stage | undefined
  /** The client's requests, in order. */
  readonly requests: readonly LedgerEvent[]
  /** The sources that those requests are limited to (R8); absent: the whole. */
  readonly sources?: readonly string[]
  /**
   * Open contests, holds and withdrawals, incidents of a wrong tenant in whichever operation, and a receipt that refuses
   * or reserves: while there is one, nothing is destroyed.
   */
  readonly held: readonly LedgerEvent[]
  /**
   * Open incidents: until a person of the host has signed their end, in whichever operation. But for a wrong tenant they
   * stop nothing by themselves: place a hold where one must.
   */
  readonly incidents: readonly LedgerEvent[]
  /** Every package exported so far, in order. */
  readonly packages: readonly PackageRef[]
  /** The packages that were handed over, in order. */
  readonly delivered: readonly PackageRef[]
  /** The last `delivered` event that handed over a package for the first time. */
  readonly delivery?: LedgerEvent
  /** The last receipt since that delivery. */
  readonly acknowledgement?: LedgerEvent
  /** The last erasure notice. */
  readonly notice?: LedgerEvent
  /** The newest order. */
  readonly orderSha256?: Sha256
  /** What the client has waived. */
  readonly waived: readonly Waivable[]
}

/** Names of the operations in the order of their first event; `dossier` is none. */
export function operationsOf(events: readonly LedgerEvent[]): string[] {
  return [...new Set(events.map(({ operation }) => operation))].filter((name) => name !== 'dossier')
}

/** The events of one operation and those of the whole case. */
export function eventsFor(events: readonly LedgerEvent[], operation: string): LedgerEvent[] {
  return events.filter((event) => event.operation === operation || event.operation === 'dossier')
}

/** Where an operation stands. Pure: the same events give the same state. */
export function stateOf(events: readonly LedgerEvent[], operation: string): OperationState {
  const own = eventsFor(events, operation)
  const delivery = deliveryOf(own)
  const since = own.filter(({ sequence }) => sequence > (delivery?.sequence ?? Number.POSITIVE_INFINITY))
  const acknowledgement = since.findLast(({ type }) => type === 'acknowledged')
  const notice = own.findLast(({ type }) => type === 'notice')
  const order = own.findLast(({ type }) => type === 'order-written')
  const requests = own.filter(({ type }) => type === 'requested')
  const sources = limitOf(requests)
  const incidents = openOf(events, ['incident'], undefined)
  return {
    operation,
    stage: stageOf(own, acknowledgement, notice),
    requests,
    ...(sources === undefined ? {} : { sources }),
    held: [
      ...openOf(own, ['contest', 'hold', 'withdrawal'], acknowledgement),
      // Whose data are where is a question to every operation.
      ...incidents.filter(({ body }) => body['nature'] === 'wrong-tenant'),
      ...objection(acknowledgement),
    ],
    incidents: eventsFor(incidents, operation),
    packages: distinct(own.filter(({ type }) => type === 'exported').map(exportedRef)),
    delivered: distinct(own.filter(({ type }) => type === 'delivered').flatMap(deliveredRefs)),
    ...(delivery === undefined ? {} : { delivery }),
    ...(acknowledgement === undefined ? {} : { acknowledgement }),
    ...(notice === undefined ? {} : { notice }),
    ...(order === undefined ? {} : { orderSha256: bodyText(order.body, 'orderSha256') }),
    waived: waivedOf(own),
  }
}

/** One request for the whole makes it whole. */
function limitOf(requests: readonly LedgerEvent[]): readonly string[] | undefined {
  const lists = requests.map(({ body }) => bodyTexts(body, 'sources'))
  const isLimited = lists.length > 0 && lists.every((list) => list.length > 0)
  return isLimited ? [...new Set(lists.flat())] : undefined
}

function exportedRef({ body }: LedgerEvent): PackageRef {
  return { package: bodyText(body, 'package'), manifestSha256: bodyText(body, 'manifestSha256') }
}

function deliveredRefs({ body }: LedgerEvent): PackageRef[] {
  const packages = body['packages']
  return Array.isArray(packages) ? (packages as unknown as PackageRef[]) : []
}

function distinct(refs: readonly PackageRef[]): PackageRef[] {
  return [...new Map(refs.map((ref) => [ref.manifestSha256, ref])).values()]
}

/** Handing over the same packages once more (a second medium) starts no clock anew. */
function deliveryOf(own: readonly LedgerEvent[]): LedgerEvent | undefined {
  const known = new Set<Sha256>()
  return own.reduce<LedgerEvent | undefined>((last, event) => {
    if (event.type !== 'delivered') return last
    const fresh = deliveredRefs(event).filter(({ manifestSha256 }) => !known.has(manifestSha256))
    for (const { manifestSha256 } of fresh) known.add(manifestSha256)
    return fresh.length > 0 ? event : last
  }, undefined)
}

/** What was opened and not closed since. */
function openOf(
  own: readonly LedgerEvent[],
  types: readonly string[],
  acknowledgement: LedgerEvent | undefined,
): LedgerEvent[] {
  const closed = new Set(own.filter(({ type }) => closing.includes(type)).map(({ body }) => body['of']))
  return own
    .filter(({ type, sequence }) => types.includes(type) && !closed.has(sequence))
    .filter((event) => !overruled.includes(event.type) || !isOverruled(event, acknowledgement))
}

const closing: readonly EventType[] = ['contest-closed', 'release', 'incident-closed']
const overruled: readonly EventType[] = ['contest', 'withdrawal']

/**
 * A receipt that the client signed after its contest or withdrawal is its newer word on the same question; not where the
 * client's clock was ahead of the event that took it in, and says nothing of which came first.
 */
function isOverruled(objection: LedgerEvent, acknowledgement: LedgerEvent | undefined): boolean {
  if (acknowledgement === undefined || acknowledgement.sequence < objection.sequence) return false
  const signedAt = bodyText(acknowledgement.body, 'signedAt')
  return signedAt >= objection.at && signedAt <= acknowledgement.at
}

function objection(acknowledgement: LedgerEvent | undefined): LedgerEvent[] {
  return acknowledgement === undefined || acknowledgement.body['decision'] === 'accepted'
    ? []
    : [acknowledgement]
}

function waivedOf(own: readonly LedgerEvent[]): Waivable[] {
  const lists = own.filter(({ type }) => type === 'waiver').map(({ body }) => body['waives'])
  return [...new Set(lists.flatMap((list) => (Array.isArray(list) ? (list as Waivable[]) : [])))]
}

function stageOf(
  own: readonly LedgerEvent[],
  acknowledgement: LedgerEvent | undefined,
  notice: LedgerEvent | undefined,
): Stage | undefined {
  const accepted = acknowledgement?.body['decision'] === 'accepted'
  return own.reduce<Stage | undefined>((stage, event) => {
    const next = stageAfter(event, own)
    const at = stage === undefined ? -1 : stageNames.indexOf(stage)
    // A second medium, a scope signed late or a further request changes nothing that came after.
    if (next === 'delivered' || next === 'scoped' || next === 'requested')
      return at < stageNames.indexOf(next) ? next : stage
    if (next === 'notified') return stage === 'acknowledged' ? next : stage
    if (next !== 'acknowledged') return next ?? stage
    if (event !== acknowledgement || !accepted) return stage
    return notice === undefined ? 'acknowledged' : 'notified'
  }, undefined)
}

const stageOfType: Readonly<Partial<Record<EventType, Stage>>> = {
  requested: 'requested',
  scoped: 'scoped',
  'export-started': 'exporting',
  exported: 'exported',
  delivered: 'delivered',
  acknowledged: 'acknowledged',
  notice: 'notified',
  'destruction-started': 'destroying',
}

function stageAfter(event: LedgerEvent, own: readonly LedgerEvent[]): Stage | undefined {
  if (event.type === 'order-signed') return signedTwice(event, own) ? 'authorised' : undefined
  if (event.type !== 'certified') return stageOfType[event.type]
  return event.body['status'] === 'final' ? 'certified' : 'certified-partial'
}

function signedTwice(event: LedgerEvent, own: readonly LedgerEvent[]): boolean {
  const untilThen = own.filter(({ sequence }) => sequence <= event.sequence)
  return orderSigners(untilThen, event.body['orderSha256']).size >= 2
}
