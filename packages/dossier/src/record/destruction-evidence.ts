import type { LedgerEvent } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { bodyText } from '../event-body.ts'
import { floorsOf } from '../floors.ts'
import { checkMoment } from '../moment.ts'
import { stateOf } from '../operation-state.ts'
import { contractAt } from '../pinned-contracts.ts'
import { holdsHostRole, holdsRole } from '../roles.ts'
import { authoritiesOf } from '../signatures.ts'
import type { Case } from './evidence.ts'

/** Whether an event says that a copy was looked at or destroyed. */
export function isDestruction({ type }: LedgerEvent): boolean {
  return type === 'copy-seen' || type === 'copy-probed' || type.startsWith('destruction-')
}

/**
 * The guards of a destruction that the ledger shows, once more: whoever reads it must not take the word of who destroyed
 * that they held. Throws for an event by somebody to whom the contract in force gave no such part, and for a
 * destruction that began without a signed scope, while somebody objected, or before its floors were over.
 */
export async function checkDestruction(o: Case, event: LedgerEvent): Promise<void> {
  const terms = contractAt(o.contracts, o.events, event.sequence)
  if (event.type === 'copy-seen' || event.type === 'copy-probed') return checkVerifier(terms, event)
  if (terms === undefined) throw new Error('no contract was in force')
  if (!holdsHostRole(terms, event.person, 'operator'))
    throw new Error('who destroyed had not the role operator in the contract')
  if (event.type !== 'destruction-started') return
  const before = o.events.filter(({ sequence }) => sequence < event.sequence)
  checkAgreed(before, event)
  await checkFloors(o, terms, before, event)
}

function checkVerifier(terms: LoadedContract | undefined, { person }: LedgerEvent): void {
  if (terms !== undefined && !holdsRole(terms, person, 'verifier'))
    throw new Error('who looked had not the role verifier in the contract')
}

function checkAgreed(before: readonly LedgerEvent[], { operation }: LedgerEvent): void {
  if (!before.some((one) => one.type === 'scoped' && one.operation === operation))
    throw new Error('no scope was signed')
  const [open] = stateOf(before, operation).held
  if (open !== undefined) throw new Error(`${open.type} of event ${open.sequence} was open`)
}

/** By the clock of the authority where there was one. */
async function checkFloors(
  { paths }: Case,
  terms: LoadedContract,
  before: readonly LedgerEvent[],
  event: LedgerEvent,
): Promise<void> {
  const { stampedAt } = event.body
  if (terms.authority !== undefined && stampedAt === undefined)
    throw new Error('it bears no time stamp, though the contract names an authority')
  if (stampedAt !== undefined) await checkMoment(paths, event, authoritiesOf(terms))
  const now = new Date(bodyText(event.body, 'stampedAt') || event.at)
  const early = floorsOf(terms, before, event.operation, now).find(({ elapsed }) => !elapsed)
  if (early !== undefined) throw new Error(`the period "${early.name}" was not over`)
}
