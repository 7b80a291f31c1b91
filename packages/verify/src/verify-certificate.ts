import { type Fingerprint, type PinnedTerms, sha256Hex } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { agreesWithTheContract, countedByTheClient } from './certificate/agreed.ts'
import { consentGiven, contractBindings, deliveryBindings, documentBindings } from './certificate/bindings.ts'
import type { Claims, Rule } from './certificate/claims.ts'
import { copiesAreThoseOfTheOrder, outcomesFollow, statusFollows } from './certificate/copies.ts'
import { destroyedWasDelivered, lossesAccepted } from './certificate/delivered.ts'
import {
  checkpointsHold,
  contractsPinned,
  eventsPrecede,
  issueRecorded,
  orderInForce,
  receiptFormFollows,
} from './certificate/events.ts'
import { nothingLeftAlone, scopeOf } from './certificate/left-alone.ts'
import { personsActed, personsAreDistinct } from './certificate/persons.ts'
import { destroyedAreThoseOfTheOrder, sourcesAreThoseOfTheScope } from './certificate/scoped.ts'
import { x509Checked, x509NotChecked } from './judge-x509.ts'
import { type ManifestBytes, readManifests } from './known-manifests.ts'
import { type Report, type Signer, type Trust, verdictOf } from './report.ts'
import { timesChecked, timesNotChecked } from './stamps.ts'
import { type DocumentReport, type SignedBytes, verifySignedDocument } from './verify-document.ts'
import { verifyLedgerLines } from './verify-ledger.ts'

/** What a certificate's claims are recomputed from. What is absent is listed as not checked. */
export interface CertificateFacts {
  /** `quorum`: distinct authorisers that must have signed, default 2. */
  readonly order?: SignedBytes & { readonly trust: Trust; readonly quorum?: number }
  readonly receipt?: SignedBytes & { readonly trust: Trust }
  readonly ledger?: {
    /** Raw lines, without their line feeds. */
    readonly lines: AsyncIterable<Uint8Array>
    readonly keys: ReadonlyMap<Fingerprint, PublicKey>
  }
  readonly manifests?: readonly ManifestBytes[]
  /** Bytes of scopes: the ledger gives the digest of the one that was signed last. */
  readonly scopes?: readonly Uint8Array[]
  /** The contract that it names, and no other. */
  readonly terms?: PinnedTerms
}

const rules: readonly Rule[] = [
  documentBindings,
  deliveryBindings,
  contractBindings,
  agreesWithTheContract,
  consentGiven,
  lossesAccepted,
  destroyedWasDelivered,
  countedByTheClient,
  checkpointsHold,
  contractsPinned,
  eventsPrecede,
  receiptFormFollows,
  orderInForce,
  personsAreDistinct,
  copiesAreThoseOfTheOrder,
  outcomesFollow,
  statusFollows,
  nothingLeftAlone,
  sourcesAreThoseOfTheScope,
  destroyedAreThoseOfTheOrder,
  issueRecorded,
]

/**
 * Checks a certificate and recomputes every claim in it from the facts given (R38): signatures, the documents it is
 * bound to, the ledger it pins, the persons, and what became of each copy. Never throws for what is wrong with it.
 */
export async function verifyCertificate(
  o: SignedBytes & { readonly trust: Trust; readonly quorum?: number; readonly facts: CertificateFacts },
): Promise<DocumentReport<'certificate'>> {
  const { facts } = o
  const own = await verifySignedDocument({ ...o, kind: 'certificate' })
  if (!own.document)
    return { ...own, notChecked: [...own.notChecked, 'any claim: the certificate cannot be read'] }
  const order = facts.order && (await verifySignedDocument({ quorum: 2, ...facts.order, kind: 'order' }))
  const receipt = facts.receipt && (await verifySignedDocument({ ...facts.receipt, kind: 'receipt' }))
  const ledger = facts.ledger && (await verifyLedgerLines(facts.ledger))
  const { manifests, findings: unreadable } = readManifests(facts.manifests ?? [])
  const claims: Claims = {
    certificate: own.document,
    order,
    receipt,
    ledger,
    manifests,
    scopes: facts.scopes ?? [],
    terms: facts.terms,
    digests: digestsOf(o),
  }
  const findings = [
    ...[own, order, receipt, ledger?.report].flatMap((report) => report?.findings ?? []),
    ...unreadable,
    ...rules.flatMap((rule) => rule(claims)),
    ...personsActed(claims, own.signers),
  ]
  return {
    ...own,
    findings,
    verdict: verdictOf(findings),
    checked: [
      ...checked(own, facts),
      ...x509Checked(signersOf(receipt)),
      ...timesChecked([order, receipt].flatMap(signersOf)),
    ],
    notChecked: notChecked(own, claims),
  }
}

const handwritten =
  "the client's receipt: it is signed by hand, declared by the person of the host who recorded it, and cannot be cryptographically verified"

function digestsOf({ bytes, facts }: SignedBytes & { readonly facts: CertificateFacts }): Claims['digests'] {
  return {
    certificate: sha256Hex(bytes),
    ...(facts.order ? { order: sha256Hex(facts.order.bytes) } : {}),
    ...(facts.receipt ? { receipt: sha256Hex(facts.receipt.bytes) } : {}),
  }
}

function signersOf(report: Report | undefined): readonly Signer[] {
  return report?.signers ?? []
}

function checked(own: DocumentReport<'certificate'>, facts: CertificateFacts): string[] {
  return [
    ...own.checked,
    'that its status follows from the outcomes it states, and that its persons are distinct',
    ...(facts.order ? ['the order: signatures, delivery, copies'] : []),
    ...(facts.receipt ? [receiptChecked(facts.receipt)] : []),
    ...(facts.ledger
      ? ['the ledger: chain, signatures, the checkpoint, what had to come first, who acted']
      : []),
    ...(facts.ledger && facts.order ? ['the outcome of every copy, from the ledger'] : []),
    ...(facts.manifests?.length ? ['the digests of the manifests given'] : []),
  ]
}

function receiptChecked({ byHand, signatures }: SignedBytes): string {
  const isDeclared = byHand !== undefined && signatures.length === 0
  return `the receipt: ${isDeclared ? '' : 'signature, '}delivery, decision, consent`
}

function notChecked(own: DocumentReport<'certificate'>, claims: Claims): string[] {
  const { certificate, order, receipt, ledger, manifests } = claims
  const absent = certificate.packages.filter(
    (p) => !manifests.some(({ sha256 }) => sha256 === p.manifestSha256),
  )
  const kept = certificate.copies.filter(
    ({ outcome }) => outcome === 'shared-kept' || outcome === 'legally-retained',
  )
  const without = (fact: unknown, sentence: string): string[] => (fact ? [] : [sentence])
  return [
    ...timesNotChecked([own, order, receipt].flatMap(signersOf)),
    ...x509NotChecked(signersOf(receipt)),
    ...without(certificate.receiptForm !== 'handwritten', handwritten),
    ...without(order, 'the order was not given: who authorised what is not checked'),
    ...without(receipt, 'the receipt was not given: the consent of the client is not checked'),
    ...without(ledger, 'the ledger was not given: nothing that happened is checked'),
    ...without(
      certificate.status !== 'final' || scopeOf(claims),
      'the signed scope was not given: whether the order names all of it is not checked',
    ),
    ...without(order && ledger, 'what became of each copy rests on the word of who signed the certificate'),
    ...absent.map((p) => `package ${p.package} was not given: its digest and salts are not checked`),
    ...kept.map(({ name }) => `why copy ${name} is kept rests on the word of the host`),
    'the systems themselves: what was destroyed and looked at rests on who signed the events',
  ]
}
