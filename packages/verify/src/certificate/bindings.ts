import type { Manifest, PackageRef } from '@restitute/manifest'
import { type Finding, type FindingCode, finding } from '../findings.ts'
import { receiptSaltFindings } from '../receipt-salts.ts'
import { type Claims, orderOf, receiptOf } from './claims.ts'

/** Order and receipt are those that the certificate names, and the receipt that the order rests on. */
export function documentBindings(claims: Claims): Finding[] {
  const { certificate, digests } = claims
  return [
    ...same('order-differs', 'order', certificate.orderSha256, digests.order),
    ...same('receipt-differs', 'receipt', certificate.receiptSha256, digests.receipt),
    ...same(
      'receipt-differs',
      'receipt of the order',
      certificate.receiptSha256,
      orderOf(claims)?.receiptSha256,
    ),
  ]
}

function same(code: FindingCode, subject: string, expected: string, got: string | undefined): Finding[] {
  if (got === undefined || got === expected) return []
  return [finding(code, subject, 'not the one that the certificate names', { expected, got })]
}

/** Certificate, order, receipt and packages speak of one delivery. */
export function deliveryBindings(claims: Claims): Finding[] {
  const { certificate, manifests } = claims
  const expected = said(certificate.packages)
  const others = [
    ['order', orderOf(claims)?.packages],
    ['receipt', receiptOf(claims)?.packages],
  ] as const
  const strangers = manifests.filter(
    ({ sha256 }) => !certificate.packages.some((p) => p.manifestSha256 === sha256),
  )
  return [
    ...others
      .filter(([, packages]) => packages !== undefined && said(packages) !== expected)
      .map(([subject, packages = []]) =>
        finding('delivery-differs', subject, 'bound to another delivery than the certificate', {
          expected,
          got: said(packages),
        }),
      ),
    ...strangers.map(({ manifest, sha256 }) =>
      finding('delivery-differs', manifest.package, 'the certificate is bound to another delivery', {
        expected,
        got: sha256,
      }),
    ),
  ]
}

function said(packages: readonly PackageRef[]): string {
  return packages
    .map((p) => `${p.package} ${p.manifestSha256}`)
    .sort()
    .join(', ')
}

/** All documents speak of one contract and one operation; amendments may change the digest of the contract. */
export function contractBindings(claims: Claims): Finding[] {
  const { certificate, manifests } = claims
  const expected = `${certificate.contract.reference}, ${certificate.operation}`
  const documents = [
    { subject: 'order', document: orderOf(claims) },
    { subject: 'receipt', document: receiptOf(claims) },
    ...manifests.map(({ manifest }) => ({ subject: manifest.package, document: manifest })),
  ]
  const unsigned = manifests.filter(({ manifest }) => !manifest.contractPinned)
  return [
    ...unsigned.map(({ manifest }) =>
      finding('contract-differs', manifest.package, 'exported before anybody had signed the contract'),
    ),
    ...documents.flatMap(({ subject, document }) => contradiction(subject, document, expected)),
  ]
}

function contradiction(
  subject: string,
  document: Pick<Manifest, 'contract' | 'operation'> | undefined,
  expected: string,
): Finding[] {
  const got = document && `${document.contract.reference}, ${document.operation}`
  if (got === undefined || got === expected) return []
  return [finding('contract-differs', subject, 'speaks of another contract or operation', { expected, got })]
}

/** The client accepted, consented to destruction, and could decrypt. */
export function consentGiven(claims: Claims): Finding[] {
  const receipt = receiptOf(claims)
  if (!receipt) return []
  const found = receiptSaltFindings(receipt, claims.manifests)
  if (receipt.decision === 'accepted' && receipt.consent.destruction) return found
  const got = `${receipt.decision}, consent to destruction ${receipt.consent.destruction ? 'given' : 'not given'}`
  return [
    ...found,
    finding('consent-missing', 'receipt', 'it does not allow a destruction', {
      expected: 'accepted, consent to destruction given',
      got,
    }),
  ]
}
