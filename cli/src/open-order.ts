import { isActedOn } from '@restitute/destruction'
import { type Dossier, orderSigners, signedDocument, stateOf } from '@restitute/dossier'
import {
  documentBytes,
  type Fingerprint,
  type LedgerEvent,
  type Order,
  type Sha256,
} from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'
import type { Session } from './session.ts'

/** What an order is asked to name. */
export interface AskedCopies {
  /** Only these copies; all of the register but what was handed over when empty. */
  readonly copies: readonly string[]
  /** Copies whose locks are to be lifted, where an authorised account may lift them. */
  readonly bypassGovernance?: readonly string[]
}

/** An order that can still be signed. */
export interface OpenOrder {
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  readonly signers: readonly Fingerprint[]
}

/** The newest order while it can still be signed: for these copies, not spent, same contract and receipt, not expired. */
export async function openOrder(
  session: Session,
  dossier: Dossier,
  operation: string,
  asked: AskedCopies,
): Promise<OpenOrder | undefined> {
  const state = stateOf(dossier.ledger.events(), operation)
  if (state.orderSha256 === undefined) return undefined
  const { document, sha256, signers } = await signedDocument(dossier, 'order', state.orderSha256)
  const current =
    document.receiptSha256 === state.acknowledgement?.body['receiptSha256'] &&
    document.contract.sha256 === dossier.terms.sha256
  const meant = isMeant(document, asked) && !isSpent(dossier.ledger.events(), document, state.orderSha256)
  return current && meant && new Date(document.expiresAt) > session.clock.now()
    ? { bytes: documentBytes('order', document), sha256, signers }
    : undefined
}

/** Whether somebody has signed it. Not by the signature file alone: where its event is missing, a crash came between, and it is given again. */
export function hasSigned(
  events: readonly LedgerEvent[],
  { sha256, signers }: OpenOrder,
  { fingerprint }: PrivateKey,
): boolean {
  return signers.includes(fingerprint) && orderSigners(events, sha256).has(fingerprint)
}

/** Whoever signs second need not name the copies again. */
function isMeant({ copies }: Order, asked: AskedCopies): boolean {
  const bypassed = copies.filter(({ bypassGovernance }) => bypassGovernance)
  return isNoneOrAll(asked.copies, copies) && isNoneOrAll(asked.bypassGovernance ?? [], bypassed)
}

function isNoneOrAll(asked: readonly string[], copies: Order['copies']): boolean {
  const names = new Set(copies.map(({ name }) => name))
  return asked.length === 0 || (asked.length === names.size && asked.every((name) => names.has(name)))
}

/** Whether everything that Restitute destroys under an order is destroyed: the next order is for something else. */
function isSpent(events: readonly LedgerEvent[], order: Order, orderSha256: Sha256): boolean {
  const done = destroyedCopies(events.filter(({ body }) => body['orderSha256'] === orderSha256))
  return order.copies.filter(isActedOn).every(({ name }) => done.has(name))
}

/** Names of the copies whose destruction was done. */
export function destroyedCopies(events: readonly LedgerEvent[]): ReadonlySet<unknown> {
  const finished = events.filter(
    ({ type, body }) => type === 'destruction-finished' && body['result'] === 'done',
  )
  return new Set(finished.map(({ body }) => body['copy']))
}
