import type { Destination } from '@restitute/core'
import type { Fingerprint, Manifest, Sha256 } from '@restitute/manifest'

/** A finished package, opened but not judged. */
export interface Package {
  readonly destination: Destination
  readonly manifest: Manifest
  /** The bytes that were signed. */
  readonly manifestBytes: Uint8Array
  /** Of `manifestBytes`. */
  readonly sha256: Sha256
  /** Every `manifest.json.<fingerprint>.asc`, unverified; the fingerprint is the one in the name. */
  readonly signatures: readonly {
    readonly name: string
    readonly fingerprint: Fingerprint
    readonly bytes: Uint8Array
  }[]
}
export async function openPackage(_destination: Destination): Promise<Package> {
  throw new Error('todo')
}
