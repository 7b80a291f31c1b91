import type { Certificate, LedgerEvent, Order, Receipt } from '@restitute/manifest'
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
  /** SHA-256 of the bytes of the certificate, order and receipt that were given. */
  readonly digests: { readonly certificate: string; readonly order?: string; readonly receipt?: string }
}

/** The events that a certificate can rest on: those up to its checkpoint, of its operation. */
export function ownEvents({ certificate, ledger }: Claims): readonly LedgerEvent[] {
  const { sequence } = certificate.ledger
  const all = ledger?.events ?? []
  return all.filter((event) => event.sequence <= sequence && event.operation === certificate.operation)
}

/** The first attempt to destroy anything under the order of the certificate. */
export function firstAttempt(claims: Claims): LedgerEvent | undefined {
  const { orderSha256 } = claims.certificate
  return ownEvents(claims).find(
    (event) => event.type === 'destruction-started' && event.body['orderSha256'] === orderSha256,
  )
}

/** Everyone who began to destroy something under the order of the certificate. */
export function executorsOf(claims: Claims): ReadonlySet<string> {
  const { orderSha256 } = claims.certificate
  const started = ownEvents(claims).filter(
    ({ type, body }) => type === 'destruction-started' && body['orderSha256'] === orderSha256,
  )
  return new Set(started.map(({ person }) => person))
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
