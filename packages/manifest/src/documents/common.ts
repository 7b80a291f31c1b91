/** SHA-256 in lower-case hexadecimal. */
export type Sha256 = string
/** OpenPGP fingerprint in lower-case hexadecimal. */
export type Fingerprint = string
/** ISO 8601 in UTC, to the second: `2026-11-22T10:00:00Z`. */
export type IsoTime = string

/** The head of the ledger when a document was made: pins all that came before it. */
export interface Checkpoint {
  /** Sequence number of the last event. */
  readonly sequence: number
  /** SHA-256 of its line, without the line feed. */
  readonly sha256: Sha256
}

/** Which contract a document speaks of. */
export interface ContractRef {
  readonly reference: string
  /** Of the bytes of `contract.yaml`. */
  readonly sha256: Sha256
}

/** Which package a document speaks of. */
export interface PackageRef {
  /** Its name, for instance `R1-0001`. */
  readonly package: string
  /** Of the bytes of its `manifest.json`. */
  readonly manifestSha256: Sha256
}

/** What every signed document begins with. */
export interface DocumentHead {
  /** UUID. */
  readonly id: string
  readonly createdAt: IsoTime
  readonly contract: ContractRef
  /** Operation in the dossier, for instance `R1`. */
  readonly operation: string
  /** Present in what `demo` makes, and nowhere else. */
  readonly demonstration?: true
}
