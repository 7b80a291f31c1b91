import type { Json } from '@restitute/core'
import { type CertifiedCopy, canonicalJson } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { type Claims, receiptOf } from './claims.ts'
import { countryOf, deliveredOf, partiesOf } from './stated.ts'

/** Parties and countries are those of the contract, and what was a demonstration there is none in earnest here. */
export function agreesWithTheContract({ certificate, terms }: Claims): Finding[] {
  if (terms === undefined) return []
  const parties = partiesOf(terms)
  const facts = {
    reference: [terms.contract.reference, certificate.contract.reference],
    host: [parties.host, certificate.host],
    client: [parties.client, certificate.client],
    demonstration: [terms.contract.demonstration, certificate.demonstration],
  } as const
  return [
    ...Object.entries(facts).flatMap(([subject, [expected, got]]) => contradiction(subject, expected, got)),
    ...certificate.copies.flatMap((copy) =>
      contradiction(`country of ${copy.name}`, countryOf(copy, terms.contract), copy.country),
    ),
  ]
}

function contradiction(subject: string, agreed: unknown, claimed: unknown): Finding[] {
  const compared = { expected: written(agreed), got: written(claimed) }
  if (compared.expected === compared.got) return []
  return [finding('contract-differs', subject, 'not what the contract says', compared)]
}

function written(value: unknown): string {
  return canonicalJson((value ?? null) as Json)
}

/** What there was of each source is what the client counted. */
export function countedByTheClient(claims: Claims): Finding[] {
  const receipt = receiptOf(claims)
  if (receipt === undefined) return []
  return claims.certificate.copies.flatMap((copy: CertifiedCopy) => {
    const { items, bytes } = deliveredOf(copy, receipt)
    if (items === copy.items && bytes === copy.bytes) return []
    return [finding('receipt-differs', copy.name, 'items or bytes are not those that the client counted')]
  })
}
