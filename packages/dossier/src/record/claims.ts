import { type JsonObject, RestituteError } from '@restitute/core'
import { type ContractRef, type EventType, type LedgerEvent, readDocument } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { isClient, isHost, type Party } from '../signatures.ts'
import { readStatement } from './statement.ts'

/** The kinds of document that move an operation on or lift a protection: an event of theirs proves nothing alone. */
export const proofKinds = ['scope', 'receipt', 'contest-closed', 'release', 'waiver'] as const

/** One of {@link proofKinds}. */
export type ProofKind = (typeof proofKinds)[number]

/** What a document says of itself: the part of an event's body that can be read out of it again. */
export interface Claim {
  readonly type: EventType
  /** Member of the body that holds the document's digest. */
  readonly digest: 'scopeSha256' | 'receiptSha256' | 'sha256'
  readonly facts: JsonObject
  readonly contract: ContractRef
  readonly operation: string
}

/** Reads a document strictly; throws `document-invalid`, also for a statement of another kind. */
export function claimOf(kind: ProofKind, bytes: Uint8Array): Claim {
  if (kind === 'scope') {
    const { contract, operation } = readDocument('scope', bytes)
    return { type: 'scoped', digest: 'scopeSha256', facts: {}, contract, operation }
  }
  return kind === 'receipt' ? receiptClaim(bytes) : statementClaim(kind, bytes)
}

function receiptClaim(bytes: Uint8Array): Claim {
  const { contract, operation, decision, consent } = readDocument('receipt', bytes)
  const facts = { decision, consent: consent.destruction }
  return { type: 'acknowledged', digest: 'receiptSha256', facts, contract, operation }
}

function statementClaim(kind: 'contest-closed' | 'release' | 'waiver', bytes: Uint8Array): Claim {
  const statement = readStatement(bytes)
  if (statement.kind !== kind) {
    throw new RestituteError('document-invalid', `statement: expected a ${kind}, got a ${statement.kind}`)
  }
  const { contract, operation, of, waives } = statement
  const facts = of === undefined ? { waives: waives ?? [] } : { of }
  return { type: kind, digest: 'sha256', facts, contract, operation }
}

/** The kind of document that an event of this type rests on; undefined for every other type. */
export function proofKindOf(type: EventType): ProofKind | undefined {
  if (type === 'scoped') return 'scope'
  if (type === 'acknowledged') return 'receipt'
  return proofKinds.find((kind) => kind === type)
}

/**
 * Who must have signed. What one party placed only that party releases; what nobody signed (a letter that the host
 * took down) is the client's to release, except an incident, which the host opens and closes.
 */
export function partiesFor(
  kind: ProofKind,
  terms: LoadedContract,
  closed: LedgerEvent | undefined,
): readonly Party[] {
  if (kind === 'scope') return ['host', 'client']
  if (kind !== 'release' || closed === undefined) return ['client']
  const signers = signersOf(closed)
  if (signers.some((one) => isClient(terms, one))) return ['client']
  return closed.type === 'incident' || signers.some((one) => isHost(terms, one)) ? ['host'] : ['client']
}

/** The signers that an event names. */
export function signersOf({ body }: LedgerEvent): string[] {
  const { signers } = body
  return Array.isArray(signers) ? signers.map(String) : []
}
