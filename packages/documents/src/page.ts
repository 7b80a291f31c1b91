import type { Fingerprint, IsoTime } from '@restitute/manifest'

/** A detached signature file of the document, as it was verified. */
export interface DocumentSignature {
  /** File name. */
  readonly name: string
  readonly fingerprint: Fingerprint
  /** Claimed by the signer. */
  readonly signedAt?: IsoTime
  /** User id of the key. */
  readonly signer?: string
}

/** How a page is printed. */
export interface Edition {
  readonly language: 'fr' | 'en'
  /** The HDS requirement as the contract's profile numbers it: `EXI 32 (2022 draft)`, `EXI 27 (v2.0)`. */
  readonly requirement: string
  /** File name of the signed JSON document, for the commands that check it. */
  readonly name: string
}
