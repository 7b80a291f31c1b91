import { RestituteError } from '@restitute/core'
import { type CaseRecord, deliverySlipHtml, type Edition, minutesHtml } from '@restitute/documents'
import { type Dossier, documentHead, operationsOf, stateOf } from '@restitute/dossier'
import { openCase, operationOf, personNames } from './case.ts'
import { writeNew } from './new-file.ts'
import { requirements } from './printable.ts'
import type { Outcome, Session } from './session.ts'

/** Pages that render what the ledger says of an operation. */
export const casePages = { slip: deliverySlipHtml, minutes: minutesHtml } as const

/** What such a page is made from. */
export interface CaseDocumentOptions {
  readonly kind: keyof typeof casePages
  readonly out: string
  readonly operation?: string
}

/** Writes a page for people; what it says is in the ledger, of which it gives the checkpoint. */
export async function caseDocument(
  session: Session,
  { kind, out, operation }: CaseDocumentOptions,
): Promise<Outcome> {
  const dossier = await openCase(session)
  const record = recordOf(
    dossier,
    operation === undefined ? newestOf(dossier) : operationOf(dossier, operation),
    session.clock.now(),
  )
  await writeNew(out, casePages[kind](record, editionOf(dossier, session, out)))
  return { exit: 0, json: { kind, file: out, operation: record.head.operation }, lines: [`${kind}  ${out}`] }
}

/** What already is: after the end of an operation, its papers are wanted, not those of the one that would be next. */
function newestOf(dossier: Dossier): string {
  return operationsOf(dossier.ledger.events()).at(-1) ?? operationOf(dossier, undefined)
}

function recordOf(dossier: Dossier, operation: string, at: Date): CaseRecord {
  const all = dossier.ledger.events()
  return {
    ...pageOf(dossier, operation, at),
    events: all.filter((event) => event.operation === operation || event.operation === 'dossier'),
    packages: stateOf(all, operation).packages,
  }
}

/** What a page that renders the ledger begins and ends with; `usage` while nothing has happened. */
export function pageOf(dossier: Dossier, operation: string, at: Date): Pick<CaseRecord, 'head' | 'ledger'> {
  const ledger = dossier.ledger.head()
  if (ledger === undefined)
    throw new RestituteError('usage', 'document: nothing has happened in this dossier yet')
  return { head: documentHead(dossier.terms, operation, at), ledger }
}

/** How a page of a dossier is printed. */
export function editionOf(dossier: Dossier, { language }: Session, name: string): Edition {
  const { contract, keys } = dossier.terms
  const { host, client } = contract.parties
  return {
    language: language ?? contract.language,
    requirement: requirements[contract.profile],
    name,
    parties: { host: host.name, client: client.name },
    names: new Map([[keys.host.fingerprint, host.name], ...personNames(dossier)]),
  }
}
