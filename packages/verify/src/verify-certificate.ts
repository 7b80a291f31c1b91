import type { Certificate, Fingerprint } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { Report, Trust } from './report.ts'
import type { SignedBytes } from './verify-document.ts'

/** What a certificate's claims are recomputed from. What is absent is listed as not checked. */
export interface CertificateFacts {
  readonly order?: SignedBytes & { readonly trust: Trust; readonly quorum?: number }
  readonly receipt?: SignedBytes & { readonly trust: Trust }
  readonly ledger?: {
    readonly lines: AsyncIterable<Uint8Array>
    readonly keys: ReadonlyMap<Fingerprint, PublicKey>
  }
  /** The bytes of each package's `manifest.json`; `name` is the package's. */
  readonly manifests?: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

export async function verifyCertificate(
  _o: SignedBytes & { readonly trust: Trust; readonly quorum?: number; readonly facts: CertificateFacts },
): Promise<Report & { readonly document?: Certificate }> {
  throw new Error('todo')
}
