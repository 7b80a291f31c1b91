import type { Certificate, LedgerEvent, Order, PinnedTerms, Receipt } from '@restitute/manifest'
import type { Finding } from '../findings.ts'
import type { KnownManifest } from '../receipt-salts.ts'
import type { DocumentReport } from '../verify-document.ts'
import type { LedgerReading } from '../verify-ledger.ts'

/** A certificate and what could be read of the facts that it rests on. */
export interface Claims {
  readonly certificate: Certificate
  readonly order: DocumentReport<'order'> | undefined
  readonly receipt: DocumentReport<'receipt'> | undefined
  readonly ledger: LedgerReading | undefined
  readonly manifests: readonly KnownManifest[]
  /** Bytes of scopes, of which the ledger says which one counts. */
  readonly scopes: readonly Uint8Array[]
  /** The contract that the certificate names, where it was given. */
  readonly terms: PinnedTerms | undefined
  /** SHA-256 of the bytes of the certificate, order and receipt that were given. */
  readonly digests: { readonly certificate: string; readonly order?: string; readonly receipt?: string }
}

/** The events that a certificate can rest on: those up to its checkpoint, of its operation. */
export function ownEvents({ certificate, ledger }: Claims): readonly LedgerEvent[] {
  const { sequence } = certificate.ledger
  const all = ledger?.events ?? []
  return all.filter((event) => event.sequence <= sequence && event.operation === certificate.operation)
}

/** Every attempt to destroy something under the order of the certificate, in order. */
export function attemptsUnder(claims: Claims): readonly LedgerEvent[] {
  return underOrder(claims).filter(({ type }) => type === 'destruction-started')
}

/** Everyone who began to destroy something under the order of the certificate, or says that it was done. */
export function executorsOf(claims: Claims): ReadonlySet<string> {
  const destroyed = underOrder(claims).filter(({ type }) => type.startsWith('destruction-'))
  return new Set(destroyed.map(({ person }) => person))
}

function underOrder(claims: Claims): readonly LedgerEvent[] {
  const { orderSha256 } = claims.certificate
  return ownEvents(claims).filter(({ body }) => body['orderSha256'] === orderSha256)
}

/** A rule that recomputes one claim; silent about what was not given. */
export type Rule = (claims: Claims) => readonly Finding[]

/** The order, when it was given and could be read. */
export function orderOf(claims: Claims): Order | undefined {
  return claims.order?.document
}

/** The receipt, when it was given and could be read. */
export function receiptOf(claims: Claims): Receipt | undefined {
  return claims.receipt?.document
}
