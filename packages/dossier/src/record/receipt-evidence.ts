import type { LedgerEvent, ReceiptForm } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { receiptForms } from '../contract/receipt-signers.ts'
import { bodyText, bodyTexts } from '../event-body.ts'
import type { DossierPaths } from '../paths.ts'
import { allKeys, authoritiesOf, goodSignatures, type Signed } from '../signatures.ts'
import { findDocument, type StoredDocument } from '../signed-documents.ts'
import { isHostPerson, signedForm, x509For } from './receipt-form.ts'

/** What the event of a receipt is judged against. */
export interface ReceiptCase {
  readonly paths: DossierPaths
  readonly events: readonly LedgerEvent[]
  /** In force when the event was recorded. */
  readonly terms: LoadedContract
}

/** The form of a receipt that its event states. */
export function statedForm({ body }: Pick<LedgerEvent, 'body'>): ReceiptForm {
  const form = bodyText(body, 'form')
  return form === 'x509' || form === 'handwritten' ? form : 'openpgp'
}

/** The good signatures on a recorded receipt: those by X.509 judged when it was recorded, or stamped. */
export function receiptSignatures(
  contracts: readonly LoadedContract[],
  terms: LoadedContract,
  event: LedgerEvent,
  { name, bytes, signatures }: StoredDocument,
): Promise<Signed[]> {
  const keys = contracts.flatMap(allKeys)
  const x509 = x509For(terms, new Date(event.at))
  return goodSignatures(name, bytes, signatures, keys, contracts.flatMap(authoritiesOf), x509)
}

/** Throws unless the receipt is the client's in the form that its event states, and the contract accepted that form. */
export async function checkForm(o: ReceiptCase, event: LedgerEvent, good: readonly Signed[]): Promise<void> {
  const form = statedForm(event)
  if (!receiptForms(o.terms.contract).includes(form))
    throw new Error(`the contract in force accepted no receipt of the form ${form}`)
  if (form === 'handwritten') return checkScan(o, event)
  const named = bodyTexts(event.body, 'signers')
  const counted = good.filter(({ fingerprint }) => named.includes(fingerprint))
  if (form === 'x509' && signedForm(o.terms, counted) !== 'x509')
    throw new Error('it bears no good X.509 signature of the client')
}

/** A receipt signed by hand: its scan lies there, was never used before, and a person of the host has taken it in. */
async function checkScan({ paths, events, terms }: ReceiptCase, event: LedgerEvent): Promise<void> {
  const scan = bodyText(event.body, 'scanSha256')
  if ((await findDocument(paths, scan)) === undefined) throw new Error('documents/ does not hold its scan')
  const before = events.find(({ body }) => body['scanSha256'] === scan)
  if (before !== undefined && before.sequence < event.sequence)
    throw new Error(`its scan was used before, by event ${before.sequence}`)
  if (!isHostPerson(terms, event.person)) throw new Error('it was taken in by nobody of the host')
  if (bodyTexts(event.body, 'signers').length > 0 || event.body['signedAt'] !== undefined)
    throw new Error('it claims a signature that nobody can verify')
}
