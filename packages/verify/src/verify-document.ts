import type { DocumentKind, Documents } from '@restitute/manifest'
import type { Report, Trust } from './report.ts'

/** A document as it lies in a folder: its bytes and its detached signature files. */
export interface SignedBytes {
  /** File name. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly signatures: readonly { readonly name: string; readonly bytes: Uint8Array }[]
}

export async function verifySignedDocument<K extends DocumentKind>(
  _o: SignedBytes & { readonly kind: K; readonly trust: Trust; readonly quorum?: number },
): Promise<Report & { readonly document?: Documents[K] }> {
  throw new Error('todo')
}
