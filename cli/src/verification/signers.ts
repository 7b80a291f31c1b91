import {
  type DocumentKind,
  type Fingerprint,
  readDocument,
  type Sha256,
  sha256Hex,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { SignedBytes } from '@restitute/verify'
import type { Trusting } from '../trust.ts'

/** A receipt with what the ledger says of a signature by hand. */
export function withHand(signed: SignedBytes, trust: Trusting): SignedBytes {
  const byHand = trust.byHand(sha256Hex(signed.bytes))
  return byHand === undefined ? signed : { ...signed, byHand }
}

/** The contract that a document says it was written under; none when it cannot be read, which its check will say. */
export function contractOf(kind: DocumentKind, bytes: Uint8Array): Sha256 | undefined {
  try {
    return readDocument(kind, bytes).contract.sha256
  } catch {
    return undefined
  }
}

/** All keys that may have signed lines of a ledger, by fingerprint. */
export function ledgerKeys(trust: Trusting): ReadonlyMap<Fingerprint, PublicKey> {
  const terms = [...trust.contracts, ...(trust.contract ? [trust.contract] : [])]
  const persons = terms.flatMap(({ keys }) => [...keys.persons.values()].map(({ key }) => key))
  const keys = [...trust.package.signers, ...persons, ...terms.flatMap(({ keys: { clients } }) => clients)]
  return new Map(keys.map((key) => [key.fingerprint, key]))
}
