import { type JsonObject, RestituteError } from '@restitute/core'
import { type ContractRef, type EventType, type LedgerEvent, readDocument } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { bodyTexts } from '../event-body.ts'
import { isClient, isHost, type Party } from '../signatures.ts'
import { readStatement } from './statement.ts'

/**
 * The kinds of document that move an operation on or lift a protection: an event of theirs proves nothing
 * alone.
 */
export const proofKinds = [
  'scope',
  'receipt',
  'request',
  'contest-closed',
  'release',
  'waiver',
  'incident-closed',
  'mandate',
  'export-approval',
  'custody',
] as const

/** One of {@link proofKinds}. */
export type ProofKind = (typeof proofKinds)[number]

type ClosingKind = 'contest-closed' | 'incident-closed' | 'release'

/** Member of an event's body that holds the digest of its document. */
export type DigestMember = 'scopeSha256' | 'receiptSha256' | 'sha256'

/** Where the digest of a document of this kind stands. */
export function digestMember(kind: ProofKind): DigestMember {
  if (kind === 'scope') return 'scopeSha256'
  return kind === 'receipt' ? 'receiptSha256' : 'sha256'
}

/** What a document says of itself: the part of an event's body that can be read out of it again. */
export interface Claim {
  readonly type: EventType
  readonly facts: JsonObject
  /** Sequence number of the event that it closes; also in `facts`. */
  readonly of?: number
  readonly contract: ContractRef
  readonly operation: string
}

/** Reads a document strictly; throws `document-invalid`, also for a statement of another kind. */
export function claimOf(kind: ProofKind, bytes: Uint8Array): Claim {
  if (kind === 'scope') {
    const { contract, operation } = readDocument('scope', bytes)
    return { type: 'scoped', facts: {}, contract, operation }
  }
  if (kind === 'receipt') return receiptClaim(bytes)
  if (kind === 'request') return requestClaim(bytes)
  if (kind === 'custody') return custodyClaim(bytes)
  return kind === 'mandate' ? mandateClaim(bytes) : statementClaim(kind, bytes)
}

function requestClaim(bytes: Uint8Array): Claim {
  const { contract, operation, kind, reason, sources, endsAt } = readDocument('request', bytes)
  const limits = {
    ...(sources === undefined ? {} : { sources }),
    ...(endsAt === undefined ? {} : { endsAt }),
  }
  return { type: 'requested', facts: { kind, reason, ...limits }, contract, operation }
}

function mandateClaim(bytes: Uint8Array): Claim {
  const { contract, operation, commands, expiresAt } = readDocument('mandate', bytes)
  return { type: 'mandate', facts: { commands, expiresAt }, contract, operation }
}

function custodyClaim(bytes: Uint8Array): Claim {
  const { contract, operation, copy, holder } = readDocument('custody', bytes)
  return { type: 'custody', facts: { copy, holder }, contract, operation }
}

function receiptClaim(bytes: Uint8Array): Claim {
  const { contract, operation, decision, consent } = readDocument('receipt', bytes)
  const facts = { decision, consent: consent.destruction }
  return { type: 'acknowledged', facts, contract, operation }
}

function statementClaim(kind: ClosingKind | 'waiver' | 'export-approval', bytes: Uint8Array): Claim {
  const statement = readStatement(bytes)
  if (statement.kind !== kind) {
    throw new RestituteError('document-invalid', `statement: expected a ${kind}, got a ${statement.kind}`)
  }
  const { contract, operation, of, waives, scopeSha256 } = statement
  if (kind === 'export-approval')
    return { type: 'export-approved', facts: { scopeSha256: scopeSha256 ?? '' }, contract, operation }
  if (of === undefined) return { type: kind, facts: { waives: waives ?? [] }, contract, operation }
  return { type: kind, facts: { of }, of, contract, operation }
}

/** The kind of document that an event of this type rests on; undefined for every other type. */
export function proofKindOf(type: EventType): ProofKind | undefined {
  if (type === 'scoped') return 'scope'
  if (type === 'acknowledged') return 'receipt'
  if (type === 'requested') return 'request'
  if (type === 'export-approved') return 'export-approval'
  return proofKinds.find((kind) => kind === type)
}

/**
 * Who must have signed. What one party placed only that party releases, whoever's key an amendment has taken out since:
 * `contracts` are all that were ever in force. What nobody signed (a letter that the host took down) is the client's to
 * release, except an incident, which the host opens and closes.
 */
export function partiesFor(
  kind: ProofKind,
  contracts: readonly LoadedContract[],
  closed: LedgerEvent | undefined,
): readonly Party[] {
  if (kind === 'scope') return ['host', 'client']
  if (kind === 'mandate' || kind === 'incident-closed' || kind === 'export-approval') return ['host']
  if (kind !== 'release' || closed === undefined) return ['client']
  const signers = bodyTexts(closed.body, 'signers')
  const placedBy = (isParty: typeof isClient): boolean =>
    contracts.some((terms) => signers.some((one) => isParty(terms, one)))
  if (placedBy(isClient)) return ['client']
  return closed.type === 'incident' || placedBy(isHost) ? ['host'] : ['client']
}

const closable: Readonly<Partial<Record<EventType, readonly EventType[]>>> = {
  'contest-closed': ['contest'],
  'incident-closed': ['incident'],
  release: ['hold', 'withdrawal', 'incident'],
}

/** Whether an event of this type can end that one. */
export function canClose(type: EventType, event: LedgerEvent | undefined): event is LedgerEvent {
  return event !== undefined && (closable[type] ?? []).includes(event.type)
}
