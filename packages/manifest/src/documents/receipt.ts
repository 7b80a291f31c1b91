import type { DocumentHead, PackageRef, Sha256 } from './common.ts'

/** What the client says of one check; `not-checked` is honest and allowed. */
export type CheckVerdict = 'passed' | 'failed' | 'not-checked'

/** The client's signed answer to a delivery (R30). */
export interface Receipt extends DocumentHead {
  readonly schema: 'restitute/receipt/v1'
  readonly packages: readonly ReceiptPackage[]
  readonly sources: readonly ReceiptSource[]
  readonly documentationReceived: boolean
  /** The client has made its own backup (PGSSI-S T6-6.6.2.5). */
  readonly clientBackup: boolean
  readonly decision: 'accepted' | 'reservations' | 'refused'
  readonly reservations: readonly string[]
  readonly consent: DestructionConsent
  readonly signer: { readonly name: string; readonly function?: string }
}

/** One package of the delivery, with the salts that only its recipient could read. */
export interface ReceiptPackage extends PackageRef {
  /** Index file → salt. */
  readonly salts: Readonly<Record<string, string>>
}

/** One source over the whole delivery. */
export interface ReceiptSource {
  readonly source: string
  readonly integrity: CheckVerdict
  readonly decryption: CheckVerdict
  readonly completeness: CheckVerdict
  readonly exploitability: CheckVerdict
  readonly items: number
  readonly bytes: number
}

/** Separate consent to destruction (R.1111-11 14°). */
export interface DestructionConsent {
  readonly destruction: boolean
  /** Every item that was lost or excluded and may be destroyed all the same. */
  readonly accepts: readonly AcceptedLoss[]
}

/** An undelivered item, without its name. */
export interface AcceptedLoss {
  readonly source: string
  /** SHA-256 of `<index salt, hexadecimal>:<item id>` of the newest package that states the loss. */
  readonly commitment: Sha256
  readonly state: 'lost' | 'excluded'
  readonly reason: string
}
