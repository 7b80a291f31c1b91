import type { JsonObject } from '@restitute/core'
import {
  type CopyDeclaration,
  type CopyOutcome,
  isLastWord,
  type LedgerEvent,
  type OrderedCopy,
  putOnMedium,
} from '@restitute/manifest'
import { type Claims, ownEvents } from './claims.ts'

/** What the ledger says of one copy. */
export interface History {
  /** Newest attempt under the order, and how it ended; no end after a crash. */
  readonly started: LedgerEvent | undefined
  readonly finished: LedgerEvent | undefined
  /** Newest probe since. */
  readonly probed: LedgerEvent | undefined
  /** Seen present, with the fingerprint of the order, before any attempt and by nobody who made one. */
  readonly seen: boolean
  /** The newest word of whoever holds it: that it has ended, or, a client's on a medium, that it is kept. */
  readonly declared: LedgerEvent | undefined
  /** Nothing has shown the copy there since that word. */
  readonly declaredGone: boolean
}

/** Reads the history of a copy out of the events that the certificate can rest on. */
export function historyOf(claims: Claims, copy: Pick<OrderedCopy, 'name' | 'fingerprint'>): History {
  const all = ownEvents(claims)
  const own = all.filter(({ body }) => body['copy'] === copy.name)
  const under = own.filter(({ body }) => body['orderSha256'] === claims.certificate.orderSha256)
  const attempts = under.filter(({ type }) => type === 'destruction-started')
  const started = attempts.at(-1)
  const since = (event: LedgerEvent): boolean => event.sequence > (started?.sequence ?? 0)
  const declared = own.findLast(isLastWord)
  const shown = all.findLast((event) => showsThere(event, copy))
  return {
    started,
    finished: started && under.findLast((event) => event.type === 'destruction-finished' && since(event)),
    probed: own.findLast((event) => event.type === 'copy-probed' && since(event)),
    seen: own.some((event) => isSighting(event, copy.fingerprint, attempts)),
    declared,
    declaredGone: declared !== undefined && declared.sequence > (shown?.sequence ?? 0),
  }
}

/** Seen present as the one it is, or, a medium, handed over with packages on it. */
function showsThere(event: LedgerEvent, copy: Pick<OrderedCopy, 'name' | 'fingerprint'>): boolean {
  const medium = putOnMedium(event)
  if (medium !== undefined) return copy.name === `medium/${medium}`
  const { type, body } = event
  const isSeen = type === 'copy-seen' && body['copy'] === copy.name && body['state'] === 'present'
  return isSeen && body['fingerprint'] === copy.fingerprint
}

/** What the event of a declaration says; undefined for one that does not say whose word it is. */
export function declarationIn({ at, body }: LedgerEvent): CopyDeclaration | undefined {
  const { word, wordOf } = body
  if ((word !== 'holder' && word !== 'host') || typeof wordOf !== 'string') return undefined
  const said = (['holder', 'method', 'endedAt'] as const).flatMap((name) => {
    const value = body[name]
    return typeof value === 'string' ? [[name, value]] : []
  })
  return { at, word, wordOf, ...Object.fromEntries(said) }
}

function isSighting(
  { type, body, sequence, person }: LedgerEvent,
  fingerprint: string | undefined,
  attempts: readonly LedgerEvent[],
): boolean {
  return (
    type === 'copy-seen' &&
    body['state'] === 'present' &&
    body['fingerprint'] === fingerprint &&
    attempts.every((attempt) => sequence < attempt.sequence && person !== attempt.person)
  )
}

/** The outcomes that the history allows; more than one where none of them claims that the copy has gone. */
export function allowedOutcomes(
  { finished, probed, seen, declared, declaredGone }: History,
  copy: OrderedCopy,
): readonly CopyOutcome[] {
  const state = probed?.body['state']
  const done = finished?.body['result'] === 'done'
  const absent = state === 'absent' && seen
  if (probed && state === 'present') return [keptAs(probed.body)]
  if (done) return [absent ? 'destroyed-observed-absent' : 'destroyed-not-checked']
  if (absent) return ['observed-absent']
  if (declaredGone) return [declared?.type === 'custody' ? 'client-custody' : 'declared']
  const open: readonly CopyOutcome[] = ['not-destroyed', 'could-not-check', 'shared-kept', 'legally-retained']
  return copy.deferredUntil === undefined ? open : ['deferred', 'shared-kept', 'legally-retained']
}

/** What a probe still saw is kept only where it saw that all of it is. */
function keptAs({ kept }: JsonObject): CopyOutcome {
  if (!Array.isArray(kept) || kept.length === 0) return 'not-destroyed'
  return JSON.stringify(kept).includes('"legally-retained"') ? 'legally-retained' : 'shared-kept'
}
