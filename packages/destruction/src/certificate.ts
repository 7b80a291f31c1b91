import { RestituteError } from '@restitute/core'
import {
  contractAt,
  type Dossier,
  documentHead,
  floorsOf,
  holdsRole,
  type LoadedContract,
  pinnedTerms,
  type ReceiptFacts,
  type SignedFacts,
  signedDocument,
  signedReceipt,
} from '@restitute/dossier'
import {
  type Certificate,
  type CertifiedCopy,
  documentBytes,
  type Fingerprint,
  type Order,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import { type PrivateKey, signDetached } from '@restitute/seal'
import { partiesOf } from '@restitute/verify'
import { certifiedCopy } from './certified-copy.ts'
import { executorsOf, firstAttempt, historyOf, signersBefore } from './events.ts'
import { leftAlone } from './left-alone.ts'
import { limitsOf, receiptLimits } from './limits.ts'
import { assertVerifier, refusal } from './look.ts'
import { statusOf } from './outcome.ts'

/** What is certified, and by whom. */
export interface CertificateRequest {
  readonly dossier: Dossier
  readonly operation: string
  readonly orderSha256: Sha256
  /** Of the person who certifies: role verifier, not the executor. */
  readonly verifier: PrivateKey
  readonly at: Date
}

/** A certificate with the verifier's signature. */
export interface IssuedCertificate {
  readonly certificate: Certificate
  /** Canonical JSON: what was signed. */
  readonly bytes: Uint8Array
  readonly sha256: Sha256
  /** Detached, armored. */
  readonly signature: string
}

/**
 * Writes and signs the certificate of destruction for one order: every claim is derived from order, receipt and
 * ledger, so that anyone can derive it again (R38). `final` only when every copy of the order is gone and that was
 * observed or declared, and the order leaves none of the signed scope alone. The caller stores it and records `certified`. Throws `guard-refused` (guard `probe-ready`)
 * for an executor or a person without the role verifier, `incomplete` when nothing was destroyed under the order.
 */
export async function issueCertificate(o: CertificateRequest): Promise<IssuedCertificate> {
  assertVerifier(o.dossier.terms, o.verifier.fingerprint)
  const executors = executorsOf(o.dossier.ledger.events(), o.orderSha256)
  const executor = lastOf(executors)
  const then = { ...o.dossier, terms: termsThen(o) }
  const order = await signedDocument(then, 'order', o.orderSha256)
  const receipt = await signedReceipt(o.dossier, order.document.receiptSha256)
  const authorisers = authorisersOf(then, order)
  assertApart(o.verifier.fingerprint, executors)
  const alone = await leftAlone(o.dossier, o.operation, order.document)
  const certificate = certificateOf(o, order, receipt, { executor, authorisers }, alone)
  const bytes = documentBytes('certificate', certificate)
  const { armored } = await signDetached(bytes, o.verifier, o.at)
  return { certificate, bytes, sha256: sha256Hex(bytes), signature: armored }
}

function lastOf(executors: readonly Fingerprint[]): Fingerprint {
  const executor = executors.at(-1)
  if (executor !== undefined) return executor
  throw new RestituteError('incomplete', 'certificate: nothing has been destroyed under this order', {
    hint: 'run `restitute destroy --execute` first',
  })
}

function assertApart(verifier: Fingerprint, executors: readonly Fingerprint[]): void {
  if (!executors.includes(verifier)) return
  throw refusal(`expected another person than the executor to certify, got ${verifier}`)
}

function certificateOf(
  o: CertificateRequest,
  order: SignedFacts<Order>,
  receipt: ReceiptFacts,
  persons: Pick<Certificate, 'executor' | 'authorisers'>,
  alone: readonly string[],
): Certificate {
  const { terms, ledger } = o.dossier
  const { contract } = terms
  const key = { sha256: o.orderSha256, operation: o.operation }
  const copies = order.document.copies.map((copy) =>
    certifiedCopy(copy, historyOf(ledger.events(), key, copy), { contract, receipt: receipt.document }),
  )
  const head = ledger.head()
  if (!head) throw new RestituteError('internal', 'certificate: the ledger is empty')
  return {
    schema: formOf(copies),
    ...documentHead(terms, o.operation, o.at),
    status: statusOf(
      copies.map(({ outcome }) => outcome),
      alone,
    ),
    ...partiesOf(pinnedTerms(terms)),
    packages: order.document.packages,
    receiptSha256: receipt.sha256,
    ...(receipt.form === 'openpgp' ? {} : { receiptForm: receipt.form }),
    orderSha256: order.sha256,
    ...persons,
    verifier: o.verifier.fingerprint,
    copies,
    limits: [
      ...receiptLimits(receipt),
      ...limitsOf(contract, copies, floorsOf(terms, ledger.events(), o.operation, o.at), alone),
    ],
    ledger: head,
  }
}

/** Whoever reads only v1 learns that this says more, and does not take a medium that the client keeps for an error. */
function formOf(copies: readonly CertifiedCopy[]): Certificate['schema'] {
  const isKept = copies.some(({ outcome }) => outcome === 'client-custody')
  return isKept ? 'restitute/certificate/v2' : 'restitute/certificate/v1'
}

/** Whoever authorised may have been taken out of the contract since: what counts is the one that was in force. */
function termsThen({ dossier, orderSha256 }: CertificateRequest): LoadedContract {
  const events = dossier.ledger.events()
  const first = firstAttempt(events, orderSha256)
  return (first && contractAt(dossier.contracts, events, first.sequence)) ?? dossier.terms
}

/** Those whose signature on the order counted. */
function authorisersOf(
  { terms, ledger }: Dossier,
  { sha256, signers }: SignedFacts<Order>,
): readonly Fingerprint[] {
  const recorded = signersBefore(ledger.events(), sha256)
  return signers.filter((one) => recorded.has(one) && holdsRole(terms, one, 'authoriser'))
}
