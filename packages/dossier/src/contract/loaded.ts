import type { Contract, Fingerprint, Person, Sha256 } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { SigningAnchor } from '@restitute/seal/x509'

/** A natural person of the contract with the key that signs for them. */
export interface KeyedPerson {
  readonly person: Person
  readonly key: PublicKey
}

/** The keys that a contract names, read. */
export interface ContractKeys {
  readonly host: PublicKey
  /** In the order of the contract. */
  readonly clients: readonly PublicKey[]
  readonly persons: ReadonlyMap<Fingerprint, KeyedPerson>
}

/** A time-stamping authority as a contract names it. */
export interface TimestampAuthority {
  readonly url: string
  /** Its root certificate, as the file that the contract names holds it. */
  readonly certificate: Uint8Array
  /** SHA-256 of that certificate. */
  readonly fingerprint: Sha256
  /** A list of the certificates that were revoked, as the file that the contract names holds it. */
  readonly crl?: Uint8Array
}

/** A contract that is valid in itself, with its bytes and its keys. */
export interface LoadedContract {
  readonly contract: Contract
  /** Of `bytes`. */
  readonly sha256: Sha256
  /** Of `contract.yaml`, as signed. */
  readonly bytes: Uint8Array
  readonly keys: ContractKeys
  /** Path as the contract writes it → bytes of the key file. */
  readonly keyFiles: ReadonlyMap<string, Uint8Array>
  /** Absent: signatures are not stamped. */
  readonly authority?: TimestampAuthority
  /** Who signs receipts for the client by X.509; nobody where the contract does not accept that form. */
  readonly receiptSigners: readonly SigningAnchor[]
  /** Path as the contract writes it → bytes of every file of X.509 certificates or revocation lists. */
  readonly trustFiles: ReadonlyMap<string, Uint8Array>
  /** What is allowed but unwise, one English sentence each. */
  readonly warnings: readonly string[]
}
