import { type LedgerEvent, readDocument, type Sha256 } from '@restitute/manifest'
import type { Dossier } from './dossier.ts'
import type { ReceiptFacts } from './guards/facts.ts'
import { contractAt } from './pinned-contracts.ts'
import { receiptSignatures, statedForm } from './record/receipt-evidence.ts'
import { isClients } from './record/receipt-form.ts'
import { findDocument, notStored } from './signed-documents.ts'

/** The event by which a receipt was recorded; undefined when it never was. */
export function receiptEvent(events: readonly LedgerEvent[], sha256: Sha256): LedgerEvent | undefined {
  return events.find(({ type, body }) => type === 'acknowledged' && body['receiptSha256'] === sha256)
}

/**
 * A recorded receipt by its digest, in the form that it was recorded in, with those of the client whose signatures in that
 * form are good: nobody where it is signed by hand. Throws `not-found`, `document-invalid`, `signature-invalid` for a broken
 * signature.
 */
export async function signedReceipt(dossier: Dossier, sha256: Sha256): Promise<ReceiptFacts> {
  const { paths, ledger, terms, contracts } = dossier
  const found = await findDocument(paths, sha256)
  const events = ledger.events()
  const event = receiptEvent(events, sha256)
  if (found === undefined || event === undefined) throw notStored('receipt', sha256)
  const then = contractAt(contracts, events, event.sequence) ?? terms
  const good = await receiptSignatures(contracts.length > 0 ? contracts : [terms], then, event, found)
  const form = statedForm(event)
  const own = good.filter((one) => (one.form ?? 'openpgp') === form && isClients(then, one))
  return {
    document: readDocument('receipt', found.bytes),
    sha256,
    signers: own.map(({ fingerprint }) => fingerprint),
    form,
  }
}
