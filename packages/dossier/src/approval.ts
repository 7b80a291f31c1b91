import { RestituteError } from '@restitute/core'
import type { EventType, Fingerprint, LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from './contract/loaded.ts'
import { authorisersNeeded } from './contract/warnings.ts'
import type { Dossier } from './dossier.ts'
import { bodyText, bodyTexts } from './event-body.ts'
import { isPin } from './pinned-contracts.ts'
import { holdsHostRole } from './roles.ts'

/** Events by which data begin to leave: what they need where the contract asks for approval (SEC-EXP-2). */
export const leaving: readonly EventType[] = ['export-started', 'delivery-started', 'delivered']

/** A departure of data that is judged. */
export interface Departure {
  readonly terms: LoadedContract
  /** What came before it. */
  readonly events: readonly LedgerEvent[]
  readonly operation: string
  /** Who exports or delivers. */
  readonly person: Fingerprint
}

/**
 * Why the data of an operation may not leave: where the contract asks for it, the scope in force must have been approved
 * under the contract in force, by as many authorisers as it asks for, whoever exports or delivers not counted. Undefined
 * when they may. Pure.
 */
export function approvalProblem(o: Departure): string | undefined {
  if (o.terms.contract.approval?.export !== true) return undefined
  const own = o.events.filter(({ operation }) => operation === o.operation)
  const scoped = own.findLast(({ type }) => type === 'scoped')
  if (scoped === undefined) return 'no scope is recorded that could have been approved'
  const approved = own.findLast(({ type, body }) => {
    return type === 'export-approved' && body['scopeSha256'] === scoped.body['scopeSha256']
  })
  if (approved === undefined) return 'nobody has approved that the data of this scope leave'
  const amended = o.events.findLast(isPin)?.sequence ?? 0
  if (amended > approved.sequence) return 'the contract was amended after the approval'
  const others = bodyTexts(approved.body, 'signers').filter((one) => one !== o.person)
  return tooFew(o.terms, others)
}

/** Why these signatures are not the approval that the contract asks for. */
export function tooFew(terms: LoadedContract, signers: readonly Fingerprint[]): string | undefined {
  const needed = authorisersNeeded(terms.contract)
  const counted = new Set(signers.filter((one) => holdsHostRole(terms, one, 'authoriser')))
  if (counted.size >= needed) return undefined
  return `expected the approval of ${needed} distinct authorisers, none of whom exports or delivers, got ${counted.size}`
}

/** Throws `guard-refused` (exit 6, guard `approval`) when the data of an operation may not leave yet. */
export function assertApproved({ terms, ledger }: Dossier, operation: string, person: Fingerprint): void {
  const problem = approvalProblem({ terms, events: ledger.events(), operation, person })
  if (problem === undefined) return
  throw new RestituteError('guard-refused', `guard approval: ${problem}`, {
    details: { guard: 'approval', guards: ['approval'] },
    hint: 'restitute document form --kind export-approval, signed by the authorisers, then restitute record export-approval',
  })
}

/** The digest of the scope that an approval would be of; empty while there is none. */
export function scopeToApprove(events: readonly LedgerEvent[], operation: string): string {
  const scoped = events.findLast((event) => event.type === 'scoped' && event.operation === operation)
  return bodyText(scoped?.body ?? {}, 'scopeSha256')
}
